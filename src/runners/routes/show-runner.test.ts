import { Errors } from 'typebox/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { createPipelinesFactory } from '../../../test/harness/pipelines-factory.ts';
import { createRunnersFactory, type RunnersFactory } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import { BasicProject } from '../../namespaces/project-api.ts';
import { RunnerDetails } from '../api.ts';

const hour = 60 * 60_000;

describe.each(engines)('the details of a runner on %s', (engine) => {
  let server: TestServer;
  let runners: RunnersFactory;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    runners = createRunnersFactory(server.baton.app);
  });
  afterAll(() => server.stop());

  async function show(id: number, api = server.root, query = '') {
    const { status, body } = await api.get(`/runners/${id}${query}`);
    expect(status).toBe(200);
    expect(Errors(RunnerDetails, body)).toEqual([true, []]);
    return body as Record<string, unknown>;
  }

  it('of an instance runner are for everybody who is signed in, without token and note', async () => {
    const { id, token } = await runners.runner({ maintenanceNote: 'in the cellar', tags: ['a'] });
    const seen = await show(id, (await server.build.person()).api);
    expect(seen).toMatchObject({ id, is_shared: true, runner_type: 'instance_type', tag_list: ['a'], projects: [], groups: [] });
    expect(seen).not.toHaveProperty('token');
    expect(seen).not.toHaveProperty('maintenance_note');
    expect(await show(id)).toMatchObject({ token, maintenance_note: 'in the cellar' });
  });

  it('have the token for those who may update the runner, unless the settings hide it', async () => {
    const group = await server.build.group();
    const project = await server.build.project({ group });
    const ofGroup = await runners.runner({ group, maintenanceNote: 'note' });
    const ofProject = await runners.runner({ projects: [project], maintenanceNote: 'note' });
    const owner = (await server.build.member({ group }, 'owner')).api;
    const maintainer = (await server.build.member({ group }, 'maintainer')).api;
    expect(await show(ofGroup.id, owner)).toMatchObject({ token: ofGroup.token, maintenance_note: 'note' });
    expect(await show(ofProject.id, maintainer)).toMatchObject({ token: ofProject.token, maintenance_note: 'note' });
    const read = await show(ofGroup.id, maintainer);
    expect(read).not.toHaveProperty('token');
    expect(read).not.toHaveProperty('maintenance_note');
    await server.root.put('/application/settings', { json: { hide_runner_tokens: true } });
    for (const api of [owner, server.root]) expect(await show(ofGroup.id, api)).not.toHaveProperty('token');
    const updated = await server.root.put(`/runners/${ofGroup.id}`, { json: { description: 'x' } });
    expect(updated.body).not.toHaveProperty('token');
    expect(updated.body).toMatchObject({ description: 'x', maintenance_note: 'note' });
    await server.root.put('/application/settings', { json: { hide_runner_tokens: false } });
    expect(await show(ofGroup.id, owner)).toMatchObject({ token: ofGroup.token });
  });

  it('name the projects and the group that the caller is a member of', async () => {
    const group = await server.build.group();
    const [first, second, third] = [await server.build.project({ group }), await server.build.project(), await server.build.project()];
    const { id } = await runners.runner({ projects: [second, first, third] });
    const member = await server.build.member({ group }, 'maintainer');
    await server.build.member({ project: third }, 'guest', member);
    const idsOf = (seen: Record<string, unknown>) =>
      (seen['projects'] as { id: number }[]).map((project) => project.id).toSorted((a, b) => a - b);
    expect(idsOf(await show(id))).toEqual([first.id, second.id, third.id]);
    expect(idsOf(await show(id, member.api))).toEqual([first.id, third.id]);
    const [shown] = (await show(id, member.api))['projects'] as Record<string, unknown>[];
    expect(shown).toMatchObject({
      id: first.id,
      name: first.name,
      name_with_namespace: `${group.name} / ${first.name}`,
      path_with_namespace: first.fullPath,
      http_url_to_repo: `${server.url}/${first.fullPath}.git`,
    });

    const ofGroup = await runners.runner({ group });
    expect(await show(ofGroup.id)).toMatchObject({
      projects: [],
      groups: [{ id: group.id, name: group.name, web_url: expect.stringContaining(server.url) }],
    });
    expect(await show(ofGroup.id, member.api)).toMatchObject({ groups: [{ id: group.id }] });
    // Maintainers of a project below read the runner, but are no members of the group.
    const below = await server.build.member({ project: first }, 'maintainer');
    expect(await show(ofGroup.id, below.api)).toMatchObject({ groups: [] });
  });

  it('leave the projects out when asked', async () => {
    const project = await server.build.project();
    const { id } = await runners.runner({ projects: [project] });
    expect(await show(id, server.root, '?include_projects=false')).not.toHaveProperty('projects');
    expect(await show(id, server.root, '?include_projects=true')).toMatchObject({ projects: [{ id: project.id }] });
    expect(await server.root.get(`/runners/${id}?include_projects=some`)).toMatchObject({
      status: 400,
      body: { error: 'include_projects is invalid' },
    });
  });

  it('list the projects page by page at an address of their own', async () => {
    const projects = [];
    for (let index = 0; index < 5; index++) projects.push(await server.build.project());
    const { id } = await runners.runner({ projects });
    const page = await server.root.get(`/runners/${id}/projects?per_page=2&page=2`);
    expect(page.status).toBe(200);
    for (const row of page.body as object[]) expect(Errors(BasicProject, row)).toEqual([true, []]);
    expect((page.body as { id: number }[]).map((row) => row.id)).toEqual(projects.slice(2, 4).map((project) => project.id));
    expect([page.headers.get('x-total'), page.headers.get('x-next-page'), page.headers.get('x-prev-page')]).toEqual(['5', '3', '1']);
    const member = await server.build.member({ project: projects[3] ?? expect.fail() }, 'maintainer');
    expect((await member.api.get(`/runners/${id}/projects`)).body).toMatchObject([{ id: projects[3]?.id }]);
    const instance = await runners.runner();
    expect((await server.root.get(`/runners/${instance.id}/projects`)).body).toEqual([]);
  });

  it('say how the runner stands: the first status that fits', async () => {
    const now = server.clock.now();
    const old = now - 2 * hour;
    const stateOf = async (spec: Parameters<RunnersFactory['runner']>[0]) => {
      const { online, status, active, paused, contacted_at } = await show((await runners.runner(spec)).id);
      return { online, status, active, paused, contacted_at };
    };
    const stated = { active: true, paused: false };
    expect(await stateOf({})).toEqual({ ...stated, online: null, status: 'never_contacted', contacted_at: null });
    expect(await stateOf({ contactedAt: now })).toEqual({
      ...stated,
      online: true,
      status: 'online',
      contacted_at: new Date(now).toISOString(),
    });
    expect(await stateOf({ contactedAt: old })).toMatchObject({ ...stated, online: false, status: 'offline' });
    expect(await stateOf({ contactedAt: old + 1 })).toMatchObject({ ...stated, online: true, status: 'online' });
    const paused = { active: false, paused: true };
    expect(await stateOf({ paused: true })).toMatchObject({ ...paused, online: null, status: 'never_contacted' });
    expect(await stateOf({ paused: true, contactedAt: now })).toMatchObject({ ...paused, online: true, status: 'paused' });
    expect(await stateOf({ paused: true, contactedAt: old })).toMatchObject({ ...paused, online: false, status: 'paused' });
    // Stale is a filter, not a status (runners API R17).
    const longAgo = { createdAt: now - 400 * 24 * hour, contactedAt: now - 300 * 24 * hour };
    expect(await stateOf(longAgo)).toMatchObject({ online: false, status: 'offline' });
  });

  it('name who made it, if anybody did', async () => {
    const { user, api } = await server.build.person();
    const made = await runners.runner({ creator: user });
    expect(await show(made.id)).toMatchObject({
      created_by: { id: user.id, username: user.username, name: user.name, state: 'active', web_url: `${server.url}/${user.username}` },
    });
    expect(made.token).toMatch(/^glrt-t1_/);
    const registered = await runners.runner();
    for (const client of [server.root, api]) expect(await show(registered.id, client)).not.toHaveProperty('created_by');
    const entries = (await server.root.get('/runners/all?per_page=100')).body as { id: number }[];
    expect(entries.find((entry) => entry.id === made.id)).toMatchObject({ created_by: { id: user.id } });
  });

  it('say whether it has a job right now', async () => {
    const project = await server.build.project();
    const { id } = await runners.runner({ projects: [project] });
    expect(await show(id)).toMatchObject({ job_execution_status: 'idle' });
    const made = await createPipelinesFactory(server.baton.app).pipeline(project, { work: {} });
    await made.run('work', { runnerId: id });
    expect(await show(id)).toMatchObject({ job_execution_status: 'active' });
    expect((await server.root.get(`/projects/${project.id}/runners?type=project_type`)).body).toMatchObject([
      { id, job_execution_status: 'active' },
    ]);
  });

  it('are asked for by a number', async () => {
    expect(await server.root.get('/runners/abc')).toMatchObject({ status: 400, body: { error: 'id is invalid' } });
    expect(await server.root.get('/runners/1.5')).toMatchObject({ status: 400, body: { error: 'id is invalid' } });
    expect((await server.api.get('/runners/abc')).status).toBe(401);
  });
});
