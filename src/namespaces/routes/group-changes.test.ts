import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('changing and removing groups on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  it('changes name, path and description, and everything below moves along', async () => {
    const top = await server.build.group({ path: 'before' });
    const below = await server.build.group({ parent: top, path: 'Below' });
    const project = await server.build.project({ group: below, path: 'Thing' });
    await server.root.put(`/groups/${top.id}`, { json: { name: 'Größe (1)' } });
    const reply = await server.root.put(`/groups/${top.id}`, { json: { name: 'Ärger', path: 'After', description: 'new' } });
    expect(reply).toMatchObject({ status: 200, body: { name: 'Ärger', full_path: 'After', full_name: 'Ärger', description: 'new' } });
    expect((await server.root.get(`/groups/${below.id}`)).body).toMatchObject({ full_path: 'After/Below', full_name: 'Ärger / Below' });
    expect((await server.root.get('/groups/after%2Fbelow')).body.id).toBe(below.id);
    expect((await server.root.get('/projects/after%2Fbelow%2Fthing')).body).toMatchObject({
      id: project.id,
      path_with_namespace: 'After/Below/Thing',
      name_with_namespace: 'Ärger / Below / Thing',
    });
    expect((await server.root.get('/projects/before%2Fbelow%2Fthing')).status).toBe(404);
    const moved = await server.root.put(`/groups/${below.id}`, { json: { path: 'deep', name: 'Deep' } });
    expect(moved.body).toMatchObject({ full_path: 'After/deep', full_name: 'Ärger / Deep' });
    expect((await server.root.get('/projects/after%2Fdeep%2Fthing')).status).toBe(200);
  });

  it('changes nothing without a valid wish', async () => {
    const parent = await server.build.group();
    const group = await server.build.group({ parent });
    const other = await server.build.group({ parent, path: 'Other' });
    const url = `/groups/${group.id}`;
    expect(await server.root.put(url, { json: {} })).toMatchObject({
      status: 400,
      body: { error: 'name, path, description, visibility, shared_runners_setting are missing, at least one parameter must be provided' },
    });
    const wishes: [Record<string, unknown>, unknown][] = [
      [{ path: other.path.toUpperCase() }, { path: ['has already been taken'] }],
      [{ name: other.name }, { name: ['has already been taken'] }],
      [{ path: 'tree' }, { path: ['tree is a reserved name'] }],
      [{ name: '' }, { name: ["can't be blank"] }],
    ];
    for (const [json, message] of wishes) expect(await server.root.put(url, { json })).toMatchObject({ status: 400, body: { message } });
    expect((await server.root.put(url, { json: { shared_runners_setting: 'off' } })).body).toEqual({
      error: 'shared_runners_setting does not have a valid value',
    });
    expect((await server.root.get(url)).body).toMatchObject({ path: group.path, name: group.name });
    expect((await server.root.put(`/groups/${parent.id}`, { json: { path: 'ROOT' } })).body.message).toEqual({
      path: ['has already been taken'],
    });
  });

  it('keeps visibility in order, above and below', async () => {
    const top = await server.build.group({ visibility: 'internal' });
    const below = await server.build.group({ parent: top, visibility: 'internal' });
    await server.build.project({ group: below, visibility: 'internal' });
    expect((await server.root.put(`/groups/${below.id}`, { json: { visibility: 'public' } })).body.message).toEqual({
      visibility_level: ['public is not allowed since the parent group has a internal visibility.'],
    });
    expect((await server.root.put(`/groups/${top.id}`, { json: { visibility: 'private' } })).body.message).toEqual({
      visibility_level: [
        'private is not allowed since this group contains projects with higher visibility.',
        'private is not allowed since there are sub-groups with higher visibility.',
      ],
    });
    expect((await server.root.put(`/groups/${top.id}`, { json: { visibility: 'public' } })).body.visibility).toBe('public');
  });

  it('switches instance runners off for everything below', async () => {
    const top = await server.build.group();
    const below = await server.build.group({ parent: top });
    const project = await server.build.project({ group: below });
    const shared = async () => (await server.root.get(`/projects/${project.id}`)).body.shared_runners_enabled;
    const setting = async () => (await server.root.get(`/groups/${below.id}`)).body.shared_runners_setting;
    await server.root.put(`/groups/${top.id}`, { json: { shared_runners_setting: 'disabled_and_overridable' } });
    expect([await setting(), await shared()]).toEqual(['disabled_and_overridable', false]);
    expect((await server.root.put(`/projects/${project.id}`, { json: { shared_runners_enabled: true } })).status).toBe(200);
    await server.root.put(`/groups/${top.id}`, { json: { shared_runners_setting: 'disabled_and_overridable', description: 'again' } });
    expect(await shared()).toBe(true);
    await server.root.put(`/groups/${top.id}`, { json: { shared_runners_setting: 'disabled_and_unoverridable' } });
    expect([await setting(), await shared()]).toEqual(['disabled_and_unoverridable', false]);
    expect((await server.root.put(`/projects/${project.id}`, { json: { shared_runners_enabled: true } })).body.message).toEqual({
      shared_runners_enabled: ['cannot be enabled because parent group does not allow it'],
    });
    expect((await server.root.put(`/groups/${below.id}`, { json: { shared_runners_setting: 'enabled' } })).body.message).toEqual({
      shared_runners_enabled: ['cannot be enabled because parent group has shared Runners disabled'],
    });
    expect((await server.root.put(`/groups/${top.id}`, { json: { shared_runners_setting: 'enabled' } })).status).toBe(200);
    expect(await setting()).toBe('disabled_and_unoverridable');
  });

  it.each(['guest', 'reporter', 'developer', 'maintainer'] as const)('is not for a %s', async (level) => {
    const group = await server.build.group();
    const { api } = await server.build.member({ group }, level);
    expect((await api.put(`/groups/${group.id}`, { json: { name: 'Mine' } })).status).toBe(403);
    expect((await api.delete(`/groups/${group.id}`)).status).toBe(403);
  });

  it('is for owners, also those of the group above', async () => {
    const top = await server.build.group();
    const below = await server.build.group({ parent: top });
    const { api } = await server.build.member({ group: top }, 'owner');
    expect((await api.put(`/groups/${below.id}`, { json: { description: 'x' } })).status).toBe(200);
    expect(await api.delete(`/groups/${below.id}`)).toMatchObject({ status: 202, body: { message: '202 Accepted' } });
    expect((await server.api.delete(`/groups/${top.id}`)).status).toBe(401);
    expect((await (await server.build.person()).api.delete(`/groups/${top.id}`)).status).toBe(404);
  });

  it('removes groups, projects, variables, members, tokens and runners along', async () => {
    const top = await server.build.group();
    const below = await server.build.group({ parent: top });
    const project = await server.build.project({ group: below });
    const elsewhere = await server.build.project();
    const owner = await server.build.member({ group: top }, 'owner');
    const token = (await owner.api.get(`/groups/${top.id}`)).body.runners_token;
    await owner.api.post(`/groups/${below.id}/variables`, { json: { key: 'A', value: 'b' } });
    const create = async (json: Record<string, unknown>): Promise<{ id: number; token: string }> =>
      (await server.root.post('/user/runners', { json })).body;
    const ofGroup = await create({ runner_type: 'group_type', group_id: below.id });
    const ofProject = await create({ runner_type: 'project_type', project_id: project.id });
    const ofBoth = await create({ runner_type: 'project_type', project_id: elsewhere.id });
    expect((await server.root.post(`/projects/${project.id}/runners`, { json: { runner_id: ofBoth.id } })).status).toBe(201);
    expect((await owner.api.delete(`/groups/${top.id}`)).status).toBe(202);
    for (const path of [
      `/groups/${top.id}`,
      `/groups/${below.id}`,
      `/projects/${project.id}`,
      `/runners/${ofGroup.id}`,
      `/runners/${ofProject.id}`,
    ])
      expect((await server.root.get(path)).status).toBe(404);
    expect((await server.root.get(`/runners/${ofBoth.id}`)).body.projects).toMatchObject([{ id: elsewhere.id }]);
    expect((await server.api.post('/runners', { json: { token } })).status).toBe(403);
    expect((await server.api.post('/runners/verify', { json: { token: ofGroup.token } })).status).toBe(403);
    const { db } = server.baton.app;
    const left = await Promise.all([
      db.selectFrom('members').select('id').where('source', '=', 'group').where('source_id', '=', top.id).execute(),
      db.selectFrom('variables').select('id').where('scope', '=', 'group').where('subject_id', '=', below.id).execute(),
      db.selectFrom('namespace_ancestors').select('depth').where('ancestor_id', '=', top.id).execute(),
    ]);
    expect(left).toEqual([[], [], []]);
    expect((await server.root.post('/groups', { json: { name: top.name, path: top.path } })).status).toBe(201);
  });

  it('removes only what has not changed since', async () => {
    const group = await server.build.group();
    const headers = { 'If-Unmodified-Since': new Date(group.updatedAt - 60_000).toUTCString() };
    expect(await server.root.delete(`/groups/${group.id}`, { headers })).toMatchObject({
      status: 412,
      body: { message: '412 Precondition Failed' },
    });
    expect((await server.root.delete(`/groups/${group.id}`, { headers: { 'If-Unmodified-Since': 'soon' } })).status).toBe(202);
  });
});
