import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('making and showing groups on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  it('gives the whole group, owned by its maker', async () => {
    const { api, user } = await server.build.person();
    const made = await api.post('/groups', {
      json: { name: 'The Fleet', path: 'Fleet', description: 'all of them', visibility: 'internal' },
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: expect.any(Number),
        web_url: `${server.url}/groups/Fleet`,
        name: 'The Fleet',
        path: 'Fleet',
        description: 'all of them',
        visibility: 'internal',
        full_name: 'The Fleet',
        full_path: 'Fleet',
        parent_id: null,
        created_at: new Date(server.clock.now()).toISOString(),
        avatar_url: null,
        request_access_enabled: false,
        lfs_enabled: false,
        shared_runners_setting: 'enabled',
        runners_token: expect.stringMatching(/^GR1348941/),
        projects: [],
      },
    });
    expect((await api.get(`/groups/${made.body.id}/members`)).body).toMatchObject([{ id: user.id, access_level: 50 }]);
    expect((await api.get('/groups/fleet')).body).toEqual(made.body);
  });

  it('puts subgroups below, and takes paths as ids', async () => {
    const { api } = await server.build.person();
    const top = (await api.post('/groups', { form: { name: 'Top', path: 'top' } })).body;
    const below = await api.post('/groups', { json: { name: 'Below it', path: 'below', parent_id: top.id } });
    expect(below).toMatchObject({
      status: 201,
      body: { parent_id: top.id, full_path: 'top/below', full_name: 'Top / Below it', visibility: 'private' },
    });
    expect((await api.get('/groups/top%2FBELOW')).body.id).toBe(below.body.id);
    expect((await api.get('/groups/top%2Fnothing')).body).toEqual({ message: '404 Group Not Found' });
  });

  it.each([
    [{}, { error: 'name is missing, path is missing' }],
    [{ name: 'A', path: 'a', visibility: 'secret' }, { error: 'visibility does not have a valid value' }],
    [{ name: 'A', path: 'a', parent_id: 'x' }, { error: 'parent_id is invalid' }],
    [{ name: 'A', path: 'a b' }, { message: expect.stringMatching(/^Failed to save group \{:path=>\["can contain only letters/) }],
    [{ name: 'A', path: 'x.git' }, { message: expect.stringMatching(/^Failed to save group \{:path=>/) }],
    [{ name: 'A', path: 'admin' }, { message: 'Failed to save group {:path=>["admin is a reserved name"]}' }],
    [{ name: '', path: 'a' }, { message: 'Failed to save group {:name=>["can\'t be blank"]}' }],
    [
      { name: '<b>', path: 'a' },
      { message: expect.stringMatching(/^Failed to save group \{:name=>\["can contain only letters, digits, emoji/) },
    ],
    [
      { name: 'A', path: 'a', description: 'x'.repeat(501) },
      { message: 'Failed to save group {:description=>["is too long (maximum is 500 characters)"]}' },
    ],
    [
      { name: 'A'.repeat(256), path: '' },
      { message: 'Failed to save group {:name=>["is too long (maximum is 255 characters)"], :path=>["can\'t be blank"]}' },
    ],
  ])('refuses %j', async (json, body) => {
    expect(await server.root.post('/groups', { json })).toMatchObject({ status: 400, body });
  });

  it('refuses paths that are taken by a group, a user or a project, in any case', async () => {
    const { api } = await server.build.person({ username: 'some-user' });
    const taken = 'Failed to save group {:path=>["has already been taken"]}';
    const top = (await api.post('/groups', { json: { name: 'One', path: 'one' } })).body;
    await server.build.project({ group: await server.build.group({ path: 'two' }), path: 'thing' });
    for (const path of ['ONE', 'Some-User', 'root'])
      expect(await api.post('/groups', { json: { name: `named ${path}`, path } })).toMatchObject({ status: 400, body: { message: taken } });
    const two = (await server.root.get('/groups/two')).body;
    expect((await server.root.post('/groups', { json: { name: 'X', path: 'Thing', parent_id: two.id } })).body.message).toBe(taken);
    expect((await api.post('/groups', { json: { name: 'One', path: 'three' } })).status).toBe(201);
    expect((await api.post('/groups', { json: { name: 'One', path: 'one', parent_id: top.id } })).status).toBe(201);
    expect((await api.post('/groups', { json: { name: 'One', path: 'four', parent_id: top.id } })).body.message).toBe(
      'Failed to save group {:name=>["has already been taken"]}',
    );
  });

  it('made side by side with one path are one group', async () => {
    const people = await Promise.all([1, 2, 3].map(() => server.build.person()));
    const replies = await Promise.all(people.map(({ api }, n) => api.post('/groups', { json: { name: `racer ${n}`, path: 'racer' } })));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 400, 400]);
  });

  it('keeps the rules of the group above', async () => {
    const { api } = await server.build.person();
    const top = (await api.post('/groups', { json: { name: 'Rules', path: 'rules', visibility: 'internal' } })).body;
    const child = { name: 'C', path: 'c', parent_id: top.id };
    expect((await api.post('/groups', { json: { ...child, visibility: 'public' } })).body.message).toBe(
      'Failed to save group {:visibility_level=>["public is not allowed since the parent group has a internal visibility."]}',
    );
    await api.put(`/groups/${top.id}`, { json: { shared_runners_setting: 'disabled_and_unoverridable' } });
    expect((await api.post('/groups', { json: { ...child, shared_runners_setting: 'enabled' } })).body.message).toBe(
      'Failed to save group {:shared_runners_enabled=>["cannot be enabled because parent group has shared Runners disabled"]}',
    );
    expect((await api.post('/groups', { json: child })).body).toMatchObject({ shared_runners_setting: 'disabled_and_unoverridable' });
  });

  it('goes no deeper than twenty', async () => {
    let parent = (await server.root.post('/groups', { json: { name: 'd1', path: 'd1' } })).body.id;
    for (let depth = 2; depth <= 20; depth++) {
      const made = await server.root.post('/groups', { json: { name: `d${depth}`, path: `d${depth}`, parent_id: parent } });
      expect(made.status).toBe(201);
      parent = made.body.id;
    }
    expect((await server.root.post('/groups', { json: { name: 'd21', path: 'd21', parent_id: parent } })).body.message).toContain(
      'nesting',
    );
  });

  it('asks for the right to make them', async () => {
    const json = { name: 'N', path: 'n' };
    expect((await server.api.post('/groups', { json })).status).toBe(401);
    const outside = await server.build.person();
    await server.root.put(`/users/${outside.user.id}`, { json: { external: true } });
    expect((await outside.api.post('/groups', { json })).status).toBe(403);
    const group = await server.build.group();
    const below = { ...json, parent_id: group.id };
    const developer = await server.build.member({ group }, 'developer');
    const maintainer = await server.build.member({ group }, 'maintainer');
    const stranger = await server.build.person();
    expect((await developer.api.post('/groups', { json: below })).status).toBe(403);
    expect(await stranger.api.post('/groups', { json: below })).toMatchObject({ status: 404, body: { message: '404 Group Not Found' } });
    expect((await stranger.api.post('/groups', { json: { ...json, parent_id: '99999999999999999999' } })).status).toBe(404);
    expect((await server.root.post('/groups', { json: { ...json, parent_id: 1 } })).status).toBe(404);
    expect((await maintainer.api.post('/groups', { json: below })).status).toBe(201);
  });

  it('shows the registration token to owners only', async () => {
    const group = await server.build.group();
    for (const level of ['guest', 'maintainer'] as const) {
      const { api } = await server.build.member({ group }, level);
      const reply = await api.get(`/groups/${group.id}`);
      expect(reply.status).toBe(200);
      expect(reply.body).not.toHaveProperty('runners_token');
    }
    const owner = await server.build.member({ group }, 'owner');
    const [one, two] = await Promise.all([owner.api.get(`/groups/${group.id}`), server.root.get(`/groups/${group.id}`)]);
    expect(one.body.runners_token).toMatch(/^GR1348941/);
    expect(two.body.runners_token).toBe(one.body.runners_token);
    await server.root.put('/application/settings', { json: { allow_runner_registration_token: false } });
    expect((await owner.api.get(`/groups/${group.id}`)).body).not.toHaveProperty('runners_token');
    await server.root.put('/application/settings', { json: { allow_runner_registration_token: true } });
  });
});
