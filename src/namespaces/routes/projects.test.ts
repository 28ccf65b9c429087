import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('making and showing projects on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  it('gives the whole project, in the own namespace of its maker', async () => {
    const { api, user } = await server.build.person({ username: 'maker' });
    const made = await api.post('/projects', { json: { name: 'My Project', description: 'mine', topics: ['a', 'b,c'] } });
    const self = `${server.url}/api/v4/projects/${made.body.id}`;
    const time = new Date(server.clock.now()).toISOString();
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: expect.any(Number),
        description: 'mine',
        name: 'My Project',
        name_with_namespace: 'Name of maker / My Project',
        path: 'my-project',
        path_with_namespace: 'maker/my-project',
        created_at: time,
        default_branch: null,
        tag_list: ['a', 'b', 'c'],
        topics: ['a', 'b', 'c'],
        ssh_url_to_repo: 'git@127.0.0.1:maker/my-project.git',
        http_url_to_repo: `${server.url}/maker/my-project.git`,
        web_url: `${server.url}/maker/my-project`,
        readme_url: null,
        avatar_url: null,
        forks_count: 0,
        star_count: 0,
        last_activity_at: time,
        namespace: {
          id: expect.any(Number),
          name: 'Name of maker',
          path: 'maker',
          kind: 'user',
          full_path: 'maker',
          parent_id: null,
          avatar_url: null,
          web_url: `${server.url}/maker`,
        },
        visibility: 'private',
        archived: false,
        empty_repo: true,
        creator_id: user.id,
        owner: { id: user.id, username: 'maker' },
        jobs_enabled: true,
        builds_access_level: 'enabled',
        shared_runners_enabled: true,
        group_runners_enabled: true,
        build_timeout: 3600,
        ci_config_path: null,
        public_jobs: true,
        runners_token: expect.stringMatching(/^GR1348941/),
        runner_token_expiration_interval: null,
        permissions: { project_access: { access_level: 50, notification_level: 3 }, group_access: null },
        _links: { self, members: `${self}/members`, repo_branches: `${self}/repository/branches` },
      },
    });
    expect((await api.get(`/projects/${made.body.id}`)).body).toEqual(made.body);
    expect((await api.get('/projects/MAKER%2Fmy-project')).body.id).toBe(made.body.id);
    expect((await api.get(`/projects/${made.body.id}/members`)).body).toMatchObject([{ id: user.id, access_level: 50 }]);
    expect((await api.get(`/projects/${made.body.id}/protected_branches`)).body).toMatchObject([
      { name: 'main', push_access_levels: [{ access_level: 40 }], merge_access_levels: [{ access_level: 40 }] },
    ]);
  });

  it('takes all settings', async () => {
    const settings = {
      path: 'all.of-it',
      visibility: 'internal',
      shared_runners_enabled: false,
      group_runners_enabled: false,
      builds_access_level: 'disabled',
      build_timeout: 600,
      build_git_strategy: 'clone',
      ci_default_git_depth: 0,
      ci_config_path: 'ci/main.yml',
      public_jobs: false,
      runner_token_expiration_interval: 3600,
    };
    const made = await server.root.post('/projects', { json: { ...settings, default_branch: 'trunk' } });
    expect(made).toMatchObject({ status: 201, body: { ...settings, name: 'all.of-it', jobs_enabled: false } });
    expect((await server.root.get(`/projects/${made.body.id}/protected_branches`)).body).toMatchObject([{ name: 'trunk' }]);
    const defaults = { shared_runners_enabled: false, default_project_visibility: 'public', default_branch_name: 'dev' };
    await server.root.put('/application/settings', { json: defaults });
    const plain = await server.root.post('/projects', { form: { name: 'plain', initialize_with_readme: 'true' } });
    expect(plain.body).toMatchObject({ shared_runners_enabled: false, visibility: 'public', default_branch: 'dev', empty_repo: false });
    const group = await server.build.group();
    expect((await server.root.post('/projects', { json: { name: 'q', namespace_id: group.id } })).body.visibility).toBe('private');
    const back = { shared_runners_enabled: true, default_project_visibility: 'private', default_branch_name: 'main' };
    await server.root.put('/application/settings', { json: back });
  });

  it('makes a first commit where it is wanted', async () => {
    const made = await server.root.post('/projects', { json: { name: 'Read me', initialize_with_readme: true } });
    expect(made).toMatchObject({ status: 201, body: { default_branch: 'main', empty_repo: false } });
    const tip = await server.baton.app.resolveRef(made.body.id, 'main');
    const file = tip === null ? null : await server.baton.app.readRepositoryFile(made.body.id, tip.sha, 'README.md');
    expect(Buffer.from(file ?? []).toString()).toContain('# Read me');
  });

  it.each([
    [{}, { error: 'name, path are missing, at least one parameter must be provided' }],
    [{ name: 'a', visibility: 'hidden' }, { error: 'visibility does not have a valid value' }],
    [{ name: 'a', build_timeout: 'long' }, { error: 'build_timeout is invalid' }],
    [{ name: 'a', builds_access_level: 'private' }, { error: 'builds_access_level does not have a valid value' }],
    [{ name: '' }, { message: { name: ["can't be blank"], path: ["can't be blank"] } }],
    [{ name: '-a' }, { message: { name: [expect.stringContaining('It must start with a letter')] } }],
    [
      { name: 'a', path: 'b c' },
      { message: { path: [expect.stringContaining("Cannot start with '-', end in '.git' or end in '.atom'")] } },
    ],
    [{ path: 'x.atom' }, { message: { path: [expect.stringContaining("end in '.git'")] } }],
    [{ path: 'tree' }, { message: { path: ['tree is a reserved name'] } }],
    [{ path: '-' }, { message: { path: expect.arrayContaining(['- is a reserved name']) } }],
    [{ name: '日本' }, { message: { path: ["can't be blank"] } }],
    [{ name: 'a', build_timeout: 599 }, { message: { build_timeout: ['needs to be between 10 minutes and 1 month'] } }],
    [{ name: 'a', build_timeout: 9_999_999 }, { message: { build_timeout: ['needs to be between 10 minutes and 1 month'] } }],
    [{ name: 'a', ci_default_git_depth: 1001 }, { message: { ci_default_git_depth: ['must be less than or equal to 1000'] } }],
    [{ name: 'a', ci_config_path: '../x.yml' }, { message: { ci_config_path: ['cannot include leading slash or directory traversal.'] } }],
    [{ name: 'a', default_branch: 'a..b' }, { message: { default_branch: ['is invalid'] } }],
    [{ name: 'a', description: 'x'.repeat(2001) }, { message: { description: ['is too long (maximum is 2000 characters)'] } }],
    [{ name: 'a', runner_token_expiration_interval: -1 }, { message: { runner_token_expiration_interval: ['must be greater than 0'] } }],
    [{ name: 'a', namespace_id: 999_999 }, { message: { namespace: ['is not valid'] } }],
    [{ name: 'a', namespace_id: '99999999999999999999' }, { message: { namespace: ['is not valid'] } }],
  ])('refuses %j', async (json, body) => {
    expect(await server.root.post('/projects', { json })).toMatchObject({ status: 400, body });
  });

  it('refuses names and paths that are taken, in any case, also by a group', async () => {
    const group = await server.build.group();
    const below = await server.build.group({ parent: group, path: 'below' });
    const taken = ['has already been taken'];
    const post = (json: Record<string, unknown>) => server.root.post('/projects', { json: { namespace_id: group.id, ...json } });
    expect((await post({ name: 'One', path: 'one' })).status).toBe(201);
    expect(await post({ name: 'One', path: 'ONE' })).toMatchObject({ status: 400, body: { message: { name: taken, path: taken } } });
    expect((await post({ name: 'Other', path: 'One' })).body.message).toEqual({ path: taken });
    expect((await post({ name: 'One', path: 'two' })).body.message).toEqual({ name: taken });
    expect((await post({ path: 'Below' })).body.message).toEqual({ path: taken });
    expect((await post({ name: 'One', path: 'one', namespace_id: below.id })).status).toBe(201);
    const replies = await Promise.all([1, 2, 3].map(() => post({ path: 'race' })));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 400, 400]);
  });

  it('keeps the rules of the group', async () => {
    const group = await server.build.group({ visibility: 'internal' });
    const json = { path: 'p', namespace_id: group.id };
    expect((await server.root.post('/projects', { json: { ...json, visibility: 'public' } })).body.message).toEqual({
      visibility_level: ['public is not allowed in a internal group.'],
    });
    await server.root.put(`/groups/${group.id}`, { json: { shared_runners_setting: 'disabled_and_unoverridable' } });
    expect((await server.root.post('/projects', { json: { ...json, shared_runners_enabled: true } })).body.message).toEqual({
      shared_runners_enabled: ['cannot be enabled because parent group does not allow it'],
    });
    expect((await server.root.post('/projects', { json })).body.shared_runners_enabled).toBe(false);
  });

  it('asks for the right to make them', async () => {
    const group = await server.build.group();
    const reporter = await server.build.member({ group }, 'reporter');
    const developer = await server.build.member({ group }, 'developer');
    const notValid = { status: 400, body: { message: { namespace: ['is not valid'] } } };
    expect(await reporter.api.post('/projects', { json: { name: 'r', namespace_id: group.id } })).toMatchObject(notValid);
    const made = await developer.api.post('/projects', { json: { name: 'd', namespace_id: group.id } });
    expect(made).toMatchObject({ status: 201, body: { permissions: { project_access: null, group_access: { access_level: 30 } } } });
    expect(made.body).not.toHaveProperty('runners_token');
    expect(made.body).not.toHaveProperty('owner');
    const namespace = (await reporter.api.get('/namespaces')).body.find((one: { kind: string }) => one.kind === 'user');
    expect(await developer.api.post('/projects', { json: { name: 'x', namespace_id: namespace.id } })).toMatchObject(notValid);
    expect((await server.root.post('/projects', { json: { name: 'x', namespace_id: namespace.id } })).status).toBe(201);
    expect((await server.api.post('/projects', { json: { name: 'x' } })).status).toBe(401);
    await server.root.put(`/users/${developer.user.id}`, { json: { external: true } });
    expect((await developer.api.post('/projects', { json: { name: 'own' } })).status).toBe(403);
    expect((await developer.api.post('/projects', { json: { name: 'e', namespace_id: group.id } })).status).toBe(201);
  });
});
