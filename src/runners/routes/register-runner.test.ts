import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallOptions } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import { createRunnersFactory } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

const day = 24 * 60 * 60_000;

describe.each(engines)('POST /runners on %s', (engine) => {
  let server: TestServer;
  let token: string;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    token = server.registrationToken;
  });
  afterAll(() => server.stop());

  const register = (json: Record<string, unknown>) => server.api.post('/runners', { json: { token, ...json } });
  const show = async (id: number) => (await server.root.get(`/runners/${id}`)).body as Record<string, unknown>;
  const count = async () => Number((await server.root.get('/runners/all')).headers.get('x-total'));

  async function tokensOf(): Promise<{ project: number; group: number; ofProject: string; ofGroup: string }> {
    const group = await server.build.group();
    const project = await server.build.project({ group });
    const ofGroup = (await server.root.get(`/groups/${group.id}`)).body.runners_token as string;
    const ofProject = (await server.root.get(`/projects/${project.id}`)).body.runners_token as string;
    return { project: project.id, group: group.id, ofProject, ofGroup };
  }

  it('makes an instance runner with defaults, of which nobody has heard yet', async () => {
    const made = await register({});
    expect(made.status).toBe(201);
    expect(made.body).toEqual({ id: expect.any(Number), token: expect.stringMatching(/^t1_\S{20,}$/), token_expires_at: null });
    expect(made.body.token).not.toBe(token);
    expect(await show(made.body.id)).toMatchObject({
      token: made.body.token,
      is_shared: true,
      runner_type: 'instance_type',
      description: null,
      name: null,
      active: true,
      paused: false,
      locked: false,
      run_untagged: true,
      tag_list: [],
      access_level: 'not_protected',
      maximum_timeout: null,
      maintenance_note: null,
      contacted_at: null,
      online: null,
      status: 'never_contacted',
      ip_address: '127.0.0.1',
    });
    expect(await show(made.body.id)).not.toHaveProperty('created_by');
    expect((await server.root.get(`/runners/${made.body.id}/managers`)).body).toEqual([]);
  });

  it('makes runners of the project or group whose token it is', async () => {
    const { project, group, ofProject, ofGroup } = await tokensOf();
    const first = await register({ token: ofProject });
    expect(first.body.token).toMatch(/^t3_/);
    expect(await show(first.body.id)).toMatchObject({ runner_type: 'project_type', is_shared: false, projects: [{ id: project }] });
    const second = await register({ token: ofGroup });
    expect(second.body.token).toMatch(/^t2_/);
    expect(await show(second.body.id)).toMatchObject({ runner_type: 'group_type', is_shared: false, groups: [{ id: group }] });
  });

  it('keeps all that is said of the runner', async () => {
    const said = {
      description: 'server.hostname',
      locked: true,
      run_untagged: false,
      access_level: 'ref_protected',
      maximum_timeout: 9000,
      maintenance_note: 'ask Ann',
    };
    const info = { name: 'gitlab-runner', version: '11.5.0', revision: 'abc', platform: 'linux', architecture: 'amd64', other: 1 };
    const made = await register({ ...said, active: false, tag_list: 'tag1, tag2,tag1', info });
    expect(made.status).toBe(201);
    expect(await show(made.body.id)).toMatchObject({
      ...said,
      active: false,
      tag_list: ['tag1', 'tag2'],
      name: 'gitlab-runner',
      version: '11.5.0',
      revision: 'abc',
      platform: 'linux',
      architecture: 'amd64',
    });
  });

  it.each([
    ['a comma list in JSON, as agents send it', { json: { tag_list: 'a, b' } }, ['a', 'b']],
    ['a JSON list', { json: { tag_list: ['a', 'b,c'] } }, ['a', 'b', 'c']],
    ['a form', { form: { tag_list: 'a,b', run_untagged: 'false', 'info[name]': 'agent', maximum_timeout: '' } }, ['a', 'b']],
    ['a multipart form', { multipart: { tag_list: 'a,b', 'info[name]': 'agent' } }, ['a', 'b']],
    [
      'a query',
      {
        query: [
          ['tag_list[]', 'a'],
          ['tag_list[]', 'b'],
        ],
      },
      ['a', 'b'],
    ],
    ['nothing', { json: { tag_list: '' } }, []],
  ] as [string, CallOptions, string[]][])('takes parameters as %s', async (_, options, tags) => {
    const given: CallOptions =
      options.query === undefined
        ? { ...options, query: { token } }
        : { query: [['token', token], ...(options.query as [string, string][])] };
    const made = await server.api.post('/runners', given);
    expect(made.status).toBe(201);
    const seen = await show(made.body.id);
    expect(seen).toMatchObject({ tag_list: tags, maximum_timeout: null });
    if (options.form !== undefined || options.multipart !== undefined) expect(seen).toMatchObject({ name: 'agent' });
  });

  it('knows pausing and notes by both their names', async () => {
    expect(await show((await register({ paused: true })).body.id)).toMatchObject({ active: false, paused: true });
    expect(await show((await register({ active: 'false' })).body.id)).toMatchObject({ active: false, paused: true });
    expect(await show((await register({ paused: false })).body.id)).toMatchObject({ active: true });
    expect(await show((await register({ maintainer_note: 'old' })).body.id)).toMatchObject({ maintenance_note: 'old' });
  });

  const noTags = 'can not be empty when runner is not allowed to pick untagged jobs';

  it.each([
    [{ token: undefined }, 400, { error: 'token is missing' }],
    [{ token: 'invalid' }, 403, { message: '403 Forbidden - invalid token supplied' }],
    [{ token: '' }, 403, { message: '403 Forbidden - invalid token supplied' }],
    [{ run_untagged: false }, 400, { message: { tags_list: [noTags] } }],
    [{ maximum_timeout: 599 }, 400, { message: { maximum_timeout: ['needs to be at least 10 minutes'] } }],
    [{ access_level: 'unknown' }, 400, { error: 'access_level does not have a valid value' }],
    [{ locked: 'unsure' }, 400, { error: 'locked is invalid' }],
    [{ info: 'text' }, 400, { error: 'info is invalid' }],
    [{ active: true, paused: false }, 400, { error: 'active, paused are mutually exclusive' }],
    [{ maintainer_note: 'a', maintenance_note: 'b' }, 400, { error: 'maintainer_note, maintenance_note are mutually exclusive' }],
    [{ maintenance_note: 'x'.repeat(1025) }, 400, { message: { maintenance_note: ['is too long (maximum is 1024 characters)'] } }],
  ])('refuses %j and makes nothing', async (given, status, body) => {
    const before = await count();
    const answer = await register(given);
    expect([answer.status, answer.body]).toEqual([status, body]);
    expect(await count()).toBe(before);
  });

  it('looks at nothing but its own token', async () => {
    const outsider = await server.build.person();
    expect((await outsider.api.post('/runners', { json: { token } })).status).toBe(201);
    expect((await server.api.as('nonsense').post('/runners', { json: { token } })).status).toBe(201);
    expect((await server.root.post('/runners', { json: {} })).status).toBe(400);
    expect((await server.root.post('/runners', { json: { token: server.rootToken } })).status).toBe(403);
  });

  it('takes neither an authentication token nor that of a project or group that is gone', async () => {
    const { project, group, ofProject, ofGroup } = await tokensOf();
    const made = await register({});
    expect((await register({ token: made.body.token })).status).toBe(403);
    await server.root.delete(`/projects/${project}`);
    await server.root.delete(`/groups/${group}`);
    for (const gone of [ofProject, ofGroup])
      expect(await register({ token: gone })).toMatchObject({ status: 403, body: { message: '403 Forbidden - invalid token supplied' } });
  });

  it('leaves no runner of a project that goes at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const { project, ofProject } = await tokensOf();
      const [made] = await Promise.all([register({ token: ofProject }), server.root.delete(`/projects/${project}`)]);
      expect([201, 403]).toContain(made.status);
      if (made.status === 201) expect((await server.root.get(`/runners/${made.body.id}`)).status).toBe(404);
    }
  });

  it('is gone while registration tokens are switched off, and existing runners keep working', async () => {
    const made = await register({});
    await server.root.put('/application/settings', { json: { allow_runner_registration_token: false } });
    for (const given of [token, 'invalid'])
      expect(await register({ token: given })).toMatchObject({
        status: 410,
        body: { message: '410 Gone - runner registration disallowed' },
      });
    expect((await server.api.post('/runners/verify', { json: { token: made.body.token } })).status).toBe(200);
    await server.root.put('/application/settings', { json: { allow_runner_registration_token: true } });
    expect((await register({})).status).toBe(201);
  });

  it('takes the tokens of projects and groups as far as the settings let them register', async () => {
    const { ofProject, ofGroup } = await tokensOf();
    await server.root.put('/application/settings', { json: { valid_runner_registrars: ['group'] } });
    expect((await register({ token: ofProject })).status).toBe(403);
    expect((await register({ token: ofGroup })).status).toBe(201);
    await server.root.put('/application/settings', { json: { valid_runner_registrars: ['project'] } });
    expect((await register({ token: ofProject })).status).toBe(201);
    expect((await register({ token: ofGroup })).status).toBe(403);
    expect((await register({})).status).toBe(201);
    await server.root.put('/application/settings', { json: { valid_runner_registrars: ['project', 'group'] } });
  });

  it('bounds the runners of a project or group, of which those long unheard of do not count', async () => {
    const { ofProject, ofGroup } = await tokensOf();
    const factory = createRunnersFactory(server.baton.app);
    const project = await server.build.project();
    const old = server.clock.now() - 8 * day;
    await server.root.put('/application/settings', { json: { registered_runners_limit: 1 } });
    expect([(await register({ token: ofProject })).status, (await register({ token: ofGroup })).status]).toEqual([201, 201]);
    expect(await register({ token: ofProject })).toMatchObject({
      status: 400,
      body: { message: { 'runner_projects.base': ['Maximum number of ci registered project runners (1) exceeded'] } },
    });
    expect(await register({ token: ofGroup })).toMatchObject({
      status: 400,
      body: { message: { 'runner_namespaces.base': ['Maximum number of ci registered group runners (1) exceeded'] } },
    });
    expect([(await register({})).status, (await register({})).status]).toEqual([201, 201]);
    await factory.runner({ projects: [project], createdAt: old });
    await factory.runner({ projects: [project], createdAt: old, contactedAt: old });
    const another = (await server.root.get(`/projects/${project.id}`)).body.runners_token as string;
    const atOnce = await Promise.all([1, 2, 3, 4].map(() => register({ token: another })));
    expect(atOnce.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([201, 400, 400, 400]);
    await server.root.put('/application/settings', { json: { registered_runners_limit: 0 } });
    expect((await register({ token: ofProject })).status).toBe(201);
  });
});
