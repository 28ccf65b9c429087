import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import { until } from '../../../test/harness/until.ts';

describe.each(engines)('changing and removing projects on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  it('changes settings, and only those', async () => {
    const project = await server.build.project({ group: await server.build.group({ visibility: 'public' }) });
    const settings = {
      description: 'new',
      visibility: 'internal',
      shared_runners_enabled: false,
      group_runners_enabled: false,
      jobs_enabled: false,
      build_timeout: 7200,
      build_git_strategy: 'clone',
      ci_default_git_depth: 50,
      ci_config_path: '.ci.yml',
      public_jobs: false,
      topics: ['x'],
      runner_token_expiration_interval: 60,
    };
    server.clock.advance(1000);
    const changed = await server.root.put(`/projects/${project.id}`, { json: settings });
    expect(changed).toMatchObject({
      status: 200,
      body: { ...settings, name: project.name, updated_at: new Date(server.clock.now()).toISOString() },
    });
    const form = { ci_config_path: '', build_timeout: '600', tag_list: '', public_builds: 'true', runner_token_expiration_interval: '' };
    expect((await server.root.put(`/projects/${project.id}`, { multipart: form })).body).toMatchObject({
      ...settings,
      ci_config_path: null,
      build_timeout: 600,
      topics: [],
      public_jobs: true,
      runner_token_expiration_interval: null,
    });
  });

  it('changes name and path', async () => {
    const group = await server.build.group();
    const project = await server.build.project({ group, path: 'before' });
    await server.build.project({ group, path: 'taken' });
    const changed = await server.root.put(`/projects/${project.id}`, { json: { name: 'After it', path: 'after' } });
    expect(changed.body).toMatchObject({ path_with_namespace: `${group.fullPath}/after`, name_with_namespace: `${group.name} / After it` });
    expect((await server.root.get(`/projects/${encodeURIComponent(`${group.fullPath}/before`)}`)).status).toBe(404);
    const taken = ['has already been taken'];
    expect((await server.root.put(`/projects/${project.id}`, { json: { path: 'TAKEN' } })).body.message).toEqual({ path: taken });
    expect((await server.root.put(`/projects/${project.id}`, { json: { name: 'taken' } })).body.message).toEqual({ name: taken });
    expect((await server.root.put(`/projects/${project.id}`, { json: { path: 'AFTER' } })).status).toBe(200);
  });

  it('refuses what does not fit, and changes nothing', async () => {
    const project = await server.build.project({ group: await server.build.group() });
    const put = (json: Record<string, unknown>) => server.root.put(`/projects/${project.id}`, { json });
    expect((await put({})).body.error).toMatch(/^name, path, description, .* are missing, at least one parameter must be provided$/);
    expect((await put({ unknown: 1 })).status).toBe(400);
    expect((await put({ description: 'x', build_timeout: 5 })).body.message).toEqual({
      build_timeout: ['needs to be between 10 minutes and 1 month'],
    });
    expect((await put({ description: 'x', visibility: 'public' })).body.message).toEqual({
      visibility_level: ['public is not allowed in a private group.'],
    });
    expect((await server.root.get(`/projects/${project.id}`)).body.description).toBeNull();
  });

  it('takes a default branch that is there, or any while there is none', async () => {
    const empty = await server.root.post('/projects', { json: { path: `empty-${engine}` } });
    expect((await server.root.put(`/projects/${empty.body.id}`, { json: { default_branch: 'trunk' } })).status).toBe(200);
    const full = await server.root.post('/projects', { json: { path: `full-${engine}`, initialize_with_readme: true } });
    expect(await server.root.put(`/projects/${full.body.id}`, { json: { default_branch: 'trunk' } })).toMatchObject({
      status: 400,
      body: { message: { base: ["Could not set the default branch. Do you have a branch named 'trunk' in your repository?"] } },
    });
    expect((await server.root.get(`/projects/${full.body.id}`)).body.default_branch).toBe('main');
    expect((await server.root.put(`/projects/${full.body.id}`, { json: { default_branch: 'main' } })).body.default_branch).toBe('main');
  });

  it('lets maintainers change all but name and visibility, and owners everything', async () => {
    const project = await server.build.project({ group: await server.build.group({ visibility: 'public' }) });
    const url = `/projects/${project.id}`;
    for (const level of ['guest', 'reporter', 'developer'] as const) {
      const { api } = await server.build.member({ project }, level);
      expect((await api.put(url, { json: { description: 'x' } })).status).toBe(403);
      expect((await api.delete(url)).status).toBe(403);
    }
    const { api } = await server.build.member({ project }, 'maintainer');
    expect((await api.put(url, { json: { description: 'x', path: 'y', name: project.name } })).status).toBe(200);
    expect((await api.put(url, { json: { name: 'other' } })).status).toBe(403);
    expect((await api.put(url, { json: { visibility: 'public' } })).status).toBe(403);
    expect((await api.delete(url)).status).toBe(403);
    const owner = await server.build.member({ project }, 'owner');
    expect((await owner.api.put(url, { json: { name: 'other', visibility: 'public' } })).status).toBe(200);
    expect((await server.api.put(url, { json: { name: 'x' } })).status).toBe(401);
    expect((await owner.api.delete(url)).status).toBe(202);
  });

  it('removes repository, variables, rules, members, runners and pipelines along', async () => {
    const made = await server.root.post('/projects', { json: { path: `goner-${engine}`, initialize_with_readme: true } });
    const { id, runners_token: token } = made.body;
    const url = `/projects/${id}`;
    const elsewhere = await server.build.project();
    await server.root.post(`${url}/variables`, { json: { key: 'A', value: 'b' } });
    const create = async (projectId: number): Promise<number> =>
      (await server.root.post('/user/runners', { json: { runner_type: 'project_type', project_id: projectId } })).body.id;
    const [only, both] = [await create(id), await create(elsewhere.id)];
    await server.root.post(`${url}/runners`, { json: { runner_id: both } });
    const { app } = server.baton;
    const tip = await app.resolveRef(id, 'main');
    expect(tip).not.toBeNull();
    expect(await server.root.delete(url)).toMatchObject({ status: 202, body: { message: '202 Accepted' } });
    for (const path of [url, `${url}/runners`, `/runners/${only}`]) expect((await server.root.get(path)).status).toBe(404);
    expect((await server.root.get(`/runners/${both}`)).body.projects).toMatchObject([{ id: elsewhere.id }]);
    expect((await server.api.post('/runners', { json: { token } })).status).toBe(403);
    await until(async () => !(await app.repositories.exists(id)), 'the repository to go');
    const left = await Promise.all([
      app.db.selectFrom('variables').select('id').where('scope', '=', 'project').where('subject_id', '=', id).execute(),
      app.db.selectFrom('protected_refs').select('id').where('project_id', '=', id).execute(),
      app.db.selectFrom('members').select('id').where('source', '=', 'project').where('source_id', '=', id).execute(),
      app.db.selectFrom('registration_tokens').select('scope').where('scope', '=', 'project').where('subject_id', '=', id).execute(),
    ]);
    expect(left).toEqual([[], [], [], []]);
    expect((await server.root.post('/projects', { json: { path: `goner-${engine}` } })).body).toMatchObject({ empty_repo: true });
  });

  it('removes only what has not changed since, and once', async () => {
    const project = await server.build.project();
    const headers = { 'If-Unmodified-Since': new Date(project.updatedAt - 60_000).toUTCString() };
    expect((await server.root.delete(`/projects/${project.id}`, { headers })).status).toBe(412);
    expect((await server.root.delete(`/projects/${project.id}`)).status).toBe(202);
    expect((await server.root.delete(`/projects/${project.id}`)).status).toBe(404);
  });
});
