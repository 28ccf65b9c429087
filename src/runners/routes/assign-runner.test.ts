import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import type { Person } from '../../../test/harness/factory.ts';
import { createRunnersFactory, type RunnersFactory } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import type { Project } from '../../namespaces/project.ts';

describe.each(engines)('assigning runners to projects on %s', (engine) => {
  let server: TestServer;
  let runners: RunnersFactory;
  let first: Project;
  let second: Project;
  /** Maintainer of both projects. */
  let maintainer: Person;
  /** Maintainer of the second one only. */
  let newcomer: Person;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    runners = createRunnersFactory(server.baton.app);
    [first, second] = [await server.build.project(), await server.build.project()];
    maintainer = await server.build.member({ project: first }, 'maintainer');
    await server.build.member({ project: second }, 'maintainer', maintainer);
    newcomer = await server.build.member({ project: second }, 'maintainer');
  });
  afterAll(() => server.stop());

  const assign = (runnerId: number | string, person: { api: TestServer['root'] } = { api: server.root }, project = second) =>
    person.api.post(`/projects/${project.id}/runners`, { json: { runner_id: runnerId } });
  const unassign = (runnerId: number | string, person: { api: TestServer['root'] } = { api: server.root }, project = second) =>
    person.api.delete(`/projects/${project.id}/runners/${runnerId}`);
  const projectsOf = async (id: number) =>
    ((await server.root.get(`/runners/${id}`)).body.projects as { id: number }[]).map((project) => project.id).toSorted((a, b) => a - b);

  it('gives the runner as lists show it, without its token', async () => {
    const { id } = await runners.runner({ projects: [first], description: 'wanderer' });
    const answer = await assign(id, maintainer);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id,
      description: 'wanderer',
      ip_address: null,
      active: true,
      paused: false,
      is_shared: false,
      runner_type: 'project_type',
      name: null,
      online: null,
      status: 'never_contacted',
      created_at: new Date(server.clock.now()).toISOString(),
      job_execution_status: 'idle',
    });
    expect(await projectsOf(id)).toEqual([first.id, second.id]);
    expect((await newcomer.api.get('/runners')).body).toMatchObject([{ id }]);
    await server.root.delete(`/runners/${id}`);
  });

  it('takes the runner from JSON, form, multipart and query, also as text', async () => {
    const { id } = await runners.runner({ projects: [first] });
    const path = `/projects/${encodeURIComponent(second.fullPath)}/runners`;
    const given = { runner_id: String(id) };
    for (const options of [{ json: given }, { form: given }, { multipart: given }, { query: given }]) {
      expect((await maintainer.api.post(path, options)).status).toBe(201);
      expect((await maintainer.api.delete(`${path}/${id}`)).status).toBe(204);
    }
  });

  it('refuses in the order of its checks', async () => {
    const ofFirst = await runners.runner({ projects: [first] });
    const lockedRunner = await runners.runner({ projects: [first], locked: true });
    const ofGroup = await runners.runner({ group: await server.build.group(), locked: true });
    const instance = await runners.runner();
    const outsider = await server.build.person();
    const developer = await server.build.member({ project: second }, 'developer');
    const forbidden = (reason?: string) => ({
      status: 403,
      body: { message: `403 Forbidden${reason === undefined ? '' : ` - ${reason}`}` },
    });

    expect(await assign(ofFirst.id, { api: server.api })).toMatchObject({ status: 401, body: { message: '401 Unauthorized' } });
    expect(await assign('none', outsider)).toMatchObject({ status: 404, body: { message: '404 Project Not Found' } });
    expect(await server.root.post('/projects/424242/runners', { json: {} })).toMatchObject({
      status: 404,
      body: { message: '404 Project Not Found' },
    });
    expect(await developer.api.post(`/projects/${second.id}/runners`)).toMatchObject(forbidden());
    expect(await newcomer.api.post(`/projects/${second.id}/runners`)).toMatchObject({
      status: 400,
      body: { error: 'runner_id is missing' },
    });
    expect(await assign('some', newcomer)).toMatchObject({ status: 400, body: { error: 'runner_id is invalid' } });
    for (const id of [424242, -1, '99999999999999999999'])
      expect(await assign(id, newcomer)).toMatchObject({ status: 404, body: { message: '404 Runner Not Found' } });
    for (const person of [newcomer, { api: server.root }])
      expect(await assign(ofGroup.id, person)).toMatchObject(forbidden('Runner is a group runner'));
    expect(await assign(lockedRunner.id, newcomer)).toMatchObject(forbidden('Runner is locked'));
    expect(await assign(lockedRunner.id, maintainer)).toMatchObject(forbidden('Runner is locked'));
    expect(await assign(ofFirst.id, newcomer)).toMatchObject(forbidden('No access granted'));
    expect(await assign(instance.id, maintainer)).toMatchObject(forbidden('No access granted'));
    expect(await assign(instance.id)).toMatchObject(forbidden('Runner is an instance runner'));
    expect((await server.root.get(`/runners/${instance.id}`)).body).toMatchObject({ runner_type: 'instance_type', projects: [] });
    expect(await projectsOf(ofFirst.id)).toEqual([first.id]);
  });

  it('lets administrators assign any project runner, also a locked one', async () => {
    const { id } = await runners.runner({ projects: [first], locked: true });
    const admin = await server.build.person({ admin: true });
    expect((await assign(id, admin)).status).toBe(201);
    expect(await projectsOf(id)).toEqual([first.id, second.id]);
  });

  it('refuses a second time, also when both come at once', async () => {
    const { id } = await runners.runner({ projects: [first] });
    const both = await Promise.all([assign(id), assign(id)]);
    expect(both.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([201, 400]);
    const again = await assign(id, maintainer);
    expect([again.status, Object.keys(again.body)]).toEqual([400, ['message']]);
    expect(await projectsOf(id)).toEqual([first.id, second.id]);
  });

  it('refuses more runners than a project may have', async () => {
    const full = await server.build.project();
    await runners.runner({ projects: [full] });
    const { id } = await runners.runner({ projects: [first] });
    await server.root.put('/application/settings', { json: { registered_runners_limit: 1 } });
    expect(await assign(id, { api: server.root }, full)).toMatchObject({
      status: 400,
      body: { message: { 'runner_projects.base': ['Maximum number of ci registered project runners (1) exceeded'] } },
    });
    await server.root.put('/application/settings', { json: { registered_runners_limit: 0 } });
    expect((await assign(id, { api: server.root }, full)).status).toBe(201);
  });

  it('takes a runner away, which stays for its other projects', async () => {
    const { id } = await runners.runner({ projects: [first, second] });
    const answer = await unassign(id, maintainer);
    expect([answer.status, answer.bytes.length, answer.headers.get('content-type')]).toEqual([204, 0, null]);
    expect(await projectsOf(id)).toEqual([first.id]);
  });

  it('takes a runner away from the project that it was made for, and a locked one', async () => {
    const { id } = await runners.runner({ projects: [first, second], locked: true });
    expect((await unassign(id, maintainer, first)).status).toBe(204);
    expect(await projectsOf(id)).toEqual([second.id]);
    // The other project looks after it now.
    expect((await newcomer.api.put(`/runners/${id}`, { json: { description: 'mine' } })).status).toBe(200);
    expect((await newcomer.api.delete(`/runners/${id}`)).status).toBe(204);
  });

  it('keeps the last project, for administrators too', async () => {
    const { id } = await runners.runner({ projects: [second] });
    for (const person of [newcomer, { api: server.root }])
      expect(await unassign(id, person)).toMatchObject({
        status: 403,
        body: { message: '403 Forbidden - Only one project associated with the runner. Please remove the runner instead' },
      });
    expect(await projectsOf(id)).toEqual([second.id]);
  });

  it('keeps one project when both are taken away at once', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await runners.runner({ projects: [first, second] });
      const answers = await Promise.all([unassign(id, maintainer, first), unassign(id, maintainer, second)]);
      expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([204, 403]);
      expect((await projectsOf(id)).length).toBe(1);
    }
  });

  it('does not find what is not assigned here', async () => {
    const elsewhere = await runners.runner({ projects: [first] });
    const ofGroup = await runners.runner({ group: await server.build.group() });
    const instance = await runners.runner();
    for (const id of [elsewhere.id, ofGroup.id, instance.id, 424242, -1, '99999999999999999999'])
      expect(await unassign(id, maintainer), String(id)).toMatchObject({ status: 404, body: { message: '404 Runner Not Found' } });
    expect(await unassign('x', maintainer)).toMatchObject({ status: 400, body: { error: 'runner_id is invalid' } });
    const outsider = await server.build.person();
    expect(await unassign(elsewhere.id, outsider)).toMatchObject({ status: 404, body: { message: '404 Project Not Found' } });
    expect((await unassign(elsewhere.id, await server.build.member({ project: second }, 'developer'))).status).toBe(403);
    expect((await unassign(elsewhere.id, { api: server.api })).status).toBe(401);
  });

  it('takes away only what nobody has changed since a given time', async () => {
    const { id } = await runners.runner({ projects: [first, second] });
    const path = `/projects/${second.id}/runners/${id}`;
    const since = (time: number) => ({ headers: { 'If-Unmodified-Since': new Date(time).toUTCString() } });
    const refused = await maintainer.api.delete(path, since(server.clock.now() - 60_000));
    expect([refused.status, refused.body]).toEqual([412, { message: '412 Precondition Failed' }]);
    expect((await projectsOf(id)).length).toBe(2);
    expect((await maintainer.api.delete(path, since(server.clock.now() + 1000))).status).toBe(204);
  });

  it('removes runners with their only project, and keeps those that have another', async () => {
    const [gone, kept] = [await server.build.project(), await server.build.project()];
    const lost = await runners.runner({ projects: [gone] });
    const shared = await runners.runner({ projects: [gone, kept] });
    await server.root.delete(`/projects/${gone.id}`);
    expect((await server.root.get(`/runners/${lost.id}`)).status).toBe(404);
    expect((await server.api.post('/runners/verify', { json: { token: lost.token } })).status).toBe(403);
    expect(await projectsOf(shared.id)).toEqual([kept.id]);
    expect((await server.api.post('/runners/verify', { json: { token: shared.token } })).status).toBe(200);
  });

  it('removes the runners of a group with the group', async () => {
    const top = await server.build.group();
    const below = await server.build.group({ parent: top });
    const made = [await runners.runner({ group: top }), await runners.runner({ group: below })];
    await server.root.delete(`/groups/${top.id}`);
    for (const { id } of made) expect((await server.root.get(`/runners/${id}`)).status).toBe(404);
  });
});
