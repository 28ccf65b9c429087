import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('protected branches and tags on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  const level = (access_level: number, access_level_description: string) => ({
    id: expect.any(Number),
    access_level,
    access_level_description,
    user_id: null,
    group_id: null,
    deploy_key_id: null,
  });

  it('protect, show, change and unprotect branches', async () => {
    const project = await server.build.project();
    const { api } = await server.build.member({ project }, 'maintainer');
    const path = `/projects/${project.id}/protected_branches`;
    const made = await api.post(path, { form: { name: 'release/*', push_access_level: '30', merge_access_level: '0' } });
    expect(made).toMatchObject({ status: 201 });
    expect(made.body).toEqual({
      id: expect.any(Number),
      name: 'release/*',
      push_access_levels: [level(30, 'Developers + Maintainers')],
      merge_access_levels: [level(0, 'No one')],
      allow_force_push: false,
      unprotect_access_levels: [],
      code_owner_approval_required: false,
      inherited: false,
    });
    await api.post(path, { json: { name: 'main' } });
    expect((await api.get(path)).body).toMatchObject([
      { name: 'release/*' },
      { name: 'main', push_access_levels: [level(40, 'Maintainers')] },
    ]);
    expect((await api.get(path, { query: { search: 'REL' } })).body).toMatchObject([{ name: 'release/*' }]);
    expect((await api.get(`${path}/release%2F*`)).body).toEqual(made.body);
    const changed = await api.call('PATCH', `${path}/release%2F*`, { json: { allow_force_push: true, push_access_level: 40 } });
    expect(changed).toMatchObject({
      status: 200,
      body: { allow_force_push: true, push_access_levels: [level(40, 'Maintainers')], merge_access_levels: [level(0, 'No one')] },
    });
    expect((await api.call('PATCH', `${path}/main`)).body).toMatchObject({ name: 'main', allow_force_push: false });
    expect(await api.delete(`${path}/release%2F*`)).toMatchObject({ status: 204, body: null });
    const missing = { status: 404, body: { message: '404 Not found' } };
    expect(await api.get(`${path}/release%2F*`)).toMatchObject(missing);
    expect(await api.call('PATCH', `${path}/release%2F*`)).toMatchObject(missing);
    expect(await api.delete(`${path}/release%2F*`)).toMatchObject(missing);
  });

  it('protect, show and unprotect tags', async () => {
    const project = await server.build.project();
    const { api } = await server.build.member({ project }, 'maintainer');
    const path = `/projects/${project.id}/protected_tags`;
    const made = await api.post(path, { json: { name: 'v*', create_access_level: 30 } });
    expect(made).toMatchObject({ status: 201 });
    expect(made.body).toEqual({ name: 'v*', create_access_levels: [level(30, 'Developers + Maintainers')] });
    expect((await api.post(path, { json: { name: 'stable' } })).body.create_access_levels).toEqual([level(40, 'Maintainers')]);
    expect((await api.get(path)).body).toMatchObject([{ name: 'v*' }, { name: 'stable' }]);
    expect((await api.get(`${path}/v*`)).body).toEqual(made.body);
    expect((await api.delete(`${path}/v*`)).status).toBe(204);
    expect((await api.get(`${path}/v*`)).status).toBe(404);
    expect((await api.get(`/projects/${project.id}/protected_branches`)).body).toEqual([]);
  });

  it('take levels as lists, and refuse rules for single users', async () => {
    const project = await server.build.project();
    const branches = `/projects/${project.id}/protected_branches`;
    const lists = { allowed_to_push: [{ access_level: 40 }, { access_level: 30 }], allowed_to_merge: [{ access_level: 0 }] };
    expect((await server.root.post(branches, { json: { name: 'a', ...lists } })).body).toMatchObject({
      push_access_levels: [{ access_level: 30 }],
      merge_access_levels: [{ access_level: 0 }],
    });
    const refused = await server.root.post(branches, { json: { name: 'b', allowed_to_push: [{ user_id: 1 }] } });
    expect(refused).toMatchObject({ status: 400, body: { error: expect.stringMatching(/^allowed_to_push is invalid/) } });
    const tags = `/projects/${project.id}/protected_tags`;
    expect((await server.root.post(tags, { json: { name: 't', allowed_to_create: [{ access_level: 0 }] } })).body).toMatchObject({
      create_access_levels: [{ access_level: 0 }],
    });
    expect((await server.root.post(tags, { json: { name: 'u', allowed_to_create: [{ group_id: 1 }] } })).status).toBe(400);
  });

  it.each([
    ['branches', {}, 400, { error: 'name is missing' }],
    ['branches', { name: '' }, 400, { message: { name: ["can't be blank"] } }],
    ['branches', { name: 'a b' }, 400, { message: { name: ['is invalid'] } }],
    ['branches', { name: 'x'.repeat(256) }, 400, { message: { name: ['is too long (maximum is 255 characters)'] } }],
    ['branches', { name: 'x', push_access_level: 20 }, 400, { error: 'push_access_level does not have a valid value' }],
    ['branches', { name: 'x', allow_force_push: 'x' }, 400, { error: 'allow_force_push is invalid' }],
    ['branches', { name: 'taken' }, 409, { message: "Protected branch 'taken' already exists" }],
    ['tags', {}, 400, { error: 'name is missing' }],
    ['tags', { name: 'x', create_access_level: 50 }, 400, { error: 'create_access_level does not have a valid value' }],
    ['tags', { name: 'taken' }, 409, { message: "Protected tag 'taken' already exists" }],
  ])('refuse %s: %j', async (kind, json, status, body) => {
    const project = await server.build.project();
    const path = `/projects/${project.id}/protected_${kind}`;
    await server.root.post(path, { json: { name: 'taken' } });
    expect(await server.root.post(path, { json })).toMatchObject({ status, body });
    expect((await server.root.get(path)).body).toHaveLength(1);
  });

  it.each(['branches', 'tags'])('are read by developers and changed by maintainers: %s', async (kind) => {
    const project = await server.build.project();
    const path = `/projects/${project.id}/protected_${kind}`;
    await server.root.post(path, { json: { name: 'x' } });
    const reporter = await server.build.member({ project }, 'reporter');
    const developer = await server.build.member({ project }, 'developer');
    const stranger = await server.build.person();
    expect((await developer.api.get(path)).status).toBe(200);
    expect((await developer.api.get(`${path}/x`)).status).toBe(200);
    expect((await reporter.api.get(path)).status).toBe(403);
    for (const [api, status] of [
      [developer.api, 403],
      [stranger.api, 404],
      [server.api, 401],
    ] as const) {
      expect((await api.post(path, { json: { name: 'y' } })).status).toBe(status);
      expect((await api.delete(`${path}/x`)).status).toBe(status);
      if (kind === 'branches') expect((await api.call('PATCH', `${path}/x`)).status).toBe(status);
    }
  });
});
