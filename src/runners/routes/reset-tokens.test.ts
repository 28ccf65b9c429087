import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { createRunnersFactory, type RunnersFactory } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

const hour = 60 * 60;

describe.each(engines)('tokens of runners on %s', (engine) => {
  let server: TestServer;
  let runners: RunnersFactory;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    runners = createRunnersFactory(server.baton.app);
  });
  afterAll(() => server.stop());

  const verify = (token: string) => server.api.post('/runners/verify', { json: { token } });
  const settings = (json: Record<string, unknown>) => server.root.put('/application/settings', { json });
  const later = (seconds: number) => new Date(server.clock.now() + seconds * 1000).toISOString();

  it('are exchanged by a user, and the old one is dead at once', async () => {
    const { user } = await server.build.person();
    for (const [spec, form] of [
      [{}, /^t1_\S{20,}$/],
      [{ creator: user }, /^glrt-t1_\S{20,}$/],
      [{ group: await server.build.group() }, /^t2_\S{20,}$/],
      [{ projects: [await server.build.project()], creator: user }, /^glrt-t3_\S{20,}$/],
    ] as const) {
      const made = await runners.runner(spec);
      expect((await verify(made.token)).status).toBe(200);
      const answer = await server.root.post(`/runners/${made.id}/reset_authentication_token`);
      expect([answer.status, answer.body]).toEqual([201, { token: expect.stringMatching(form), token_expires_at: null }]);
      expect(answer.body.token).not.toBe(made.token);
      expect(await verify(made.token)).toMatchObject({ status: 403, body: { message: '403 Forbidden' } });
      expect(await verify(answer.body.token)).toMatchObject({ status: 200, body: { id: made.id, token: answer.body.token } });
      expect((await server.root.get(`/runners/${made.id}`)).body).toMatchObject({ token: answer.body.token });
    }
  });

  it('are exchanged by a user whose client sends a body of null', async () => {
    const { id } = await runners.runner();
    const path = `/runners/${id}/reset_authentication_token`;
    const answer = await server.root.post(path, { body: 'null', headers: { 'Content-Type': 'application/json' } });
    expect(answer.status).toBe(201);
    expect(await server.root.post('/runners/424242/reset_authentication_token')).toMatchObject({
      status: 404,
      body: { message: '404 Runner Not Found' },
    });
    expect(await server.root.post('/runners/x/reset_authentication_token')).toMatchObject({
      status: 400,
      body: { error: 'id is invalid' },
    });
  });

  it('are exchanged by the agent itself', async () => {
    const path = '/runners/reset_authentication_token';
    const made = await runners.runner();
    for (const options of [
      (token: string) => ({ json: { token } }),
      (token: string) => ({ form: { token } }),
      (token: string) => ({ query: { token } }),
    ]) {
      const { token } = (await server.root.get(`/runners/${made.id}`)).body as { token: string };
      const answer = await server.api.post(path, options(token));
      expect([answer.status, answer.body]).toEqual([201, { token: expect.stringMatching(/^t1_/), token_expires_at: null }]);
      expect((await server.api.post(path, options(token))).status).toBe(403);
      expect((await verify(answer.body.token)).status).toBe(200);
    }
    expect(await server.api.post(path)).toMatchObject({ status: 400, body: { error: 'token is missing' } });
    expect(await server.api.post(path, { json: { token: 'unknown' } })).toMatchObject({ status: 403, body: { message: '403 Forbidden' } });
    expect((await server.api.post(path, { json: { token: server.registrationToken } })).status).toBe(403);
  });

  it('verify only as themselves', async () => {
    expect(await server.api.post('/runners/verify')).toMatchObject({ status: 400, body: { error: 'token is missing' } });
    const { token } = await runners.runner();
    for (const wrong of ['', 'unknown', `${token}x`, token.slice(0, -1), token.toUpperCase(), server.registrationToken, server.rootToken])
      expect(await verify(wrong), wrong).toMatchObject({ status: 403, body: { message: '403 Forbidden' } });
    for (const options of [{ json: { token } }, { form: { token } }, { multipart: { token } }, { query: { token } }])
      expect(await server.api.post('/runners/verify', options)).toMatchObject({ status: 200, body: { token } });
  });

  it('expire after the time that the settings give each type', async () => {
    const group = await server.build.group();
    const project = await server.build.project({ group });
    const create = async (given: Record<string, unknown>) =>
      (await server.root.post('/user/runners', { json: given })).body.token_expires_at;
    const all = async () => [
      await create({ runner_type: 'instance_type' }),
      await create({ runner_type: 'group_type', group_id: group.id }),
      await create({ runner_type: 'project_type', project_id: project.id }),
    ];
    expect(await all()).toEqual([null, null, null]);
    await settings({ runner_token_expiration_interval: 2 * hour });
    expect(await all()).toEqual([later(2 * hour), null, null]);
    await settings({ group_runner_token_expiration_interval: 3 * hour, project_runner_token_expiration_interval: 4 * hour });
    expect(await all()).toEqual([later(2 * hour), later(3 * hour), later(4 * hour)]);
    // The shortest that applies counts.
    await server.root.put(`/projects/${project.id}`, { json: { runner_token_expiration_interval: hour } });
    expect(await create({ runner_type: 'project_type', project_id: project.id })).toBe(later(hour));
    await server.root.put(`/projects/${project.id}`, { json: { runner_token_expiration_interval: 9 * hour } });
    expect(await create({ runner_type: 'project_type', project_id: project.id })).toBe(later(4 * hour));
    const registered = await server.api.post('/runners', { json: { token: server.registrationToken } });
    expect(registered.body.token_expires_at).toBe(later(2 * hour));
    await settings({
      runner_token_expiration_interval: null,
      group_runner_token_expiration_interval: null,
      project_runner_token_expiration_interval: null,
    });
    expect((await server.api.post('/runners', { json: { token: server.registrationToken } })).body.token_expires_at).toBeNull();
  });

  it('are dead everywhere once they have expired, until a user exchanges them', async () => {
    await settings({ runner_token_expiration_interval: 2 * hour });
    const made = (await server.api.post('/runners', { json: { token: server.registrationToken } })).body as { id: number; token: string };
    const until = later(2 * hour);
    expect((await verify(made.token)).body).toEqual({ ...made, token_expires_at: until });
    server.clock.advance(2 * hour * 1000 - 1);
    expect((await verify(made.token)).status).toBe(200);
    server.clock.advance(1);
    for (const path of ['/runners/verify', '/jobs/request', '/runners/reset_authentication_token'])
      expect(await server.api.post(path, { json: { token: made.token } }), path).toMatchObject({
        status: 403,
        body: { message: '403 Forbidden' },
      });
    expect((await server.api.delete('/runners', { json: { token: made.token } })).status).toBe(403);
    const reset = await server.root.post(`/runners/${made.id}/reset_authentication_token`);
    expect(reset.body).toEqual({ token: expect.any(String), token_expires_at: later(2 * hour) });
    expect((await verify(reset.body.token)).status).toBe(200);
    // The agent exchanges it in time by itself.
    server.clock.advance(90 * 60_000);
    const own = await server.api.post('/runners/reset_authentication_token', { json: { token: reset.body.token } });
    expect(own.body.token_expires_at).toBe(later(2 * hour));
    await settings({ runner_token_expiration_interval: null });
  });

  it('of registration are exchanged at each place, and runners keep theirs', async () => {
    const group = await server.build.group();
    const project = await server.build.project({ group });
    const before: Record<string, string> = {
      '/runners': server.registrationToken,
      [`/groups/${encodeURIComponent(group.fullPath)}/runners`]: (await server.root.get(`/groups/${group.id}`)).body.runners_token,
      [`/projects/${encodeURIComponent(project.fullPath)}/runners`]: (await server.root.get(`/projects/${project.id}`)).body.runners_token,
    };
    const made = (await server.api.post('/runners', { json: { token: server.registrationToken } })).body as { token: string };
    for (const [path, old] of Object.entries(before)) {
      const answer = await server.root.post(`${path}/reset_registration_token`);
      expect([answer.status, answer.body]).toEqual([201, { token: expect.stringMatching(/^GR1348941\S{20,}$/) }]);
      expect((await server.api.post('/runners', { json: { token: old } })).status).toBe(403);
      expect((await server.api.post('/runners', { json: { token: answer.body.token } })).status).toBe(201);
    }
    expect((await verify(made.token)).status).toBe(200);
    expect((await server.root.get(`/groups/${group.id}`)).body.runners_token).not.toBe(Object.values(before)[1]);
    expect(await server.root.post('/projects/some%20thing/runners/reset_registration_token')).toMatchObject({
      status: 404,
      body: { message: '404 Project Not Found' },
    });
    expect((await server.root.post('/groups/some%20thing/runners/reset_registration_token')).status).toBe(404);
  });

  it('of registration are not given out while they are switched off', async () => {
    const project = await server.build.project();
    await settings({ allow_runner_registration_token: false });
    for (const path of ['/runners', `/projects/${project.id}/runners`])
      expect(await server.root.post(`${path}/reset_registration_token`)).toMatchObject({ status: 403, body: { message: '403 Forbidden' } });
    await settings({ allow_runner_registration_token: true });
  });

  it('are stored sealed, and found by a digest that is keyed', async () => {
    const { id, token } = await runners.runner();
    const row = await server.baton.app.db.selectFrom('runners').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(token);
    expect(row.token_digest).not.toBe(row.sealed_token);
  });

  it('get no job router, which sends agents back to asking for jobs', async () => {
    const { token } = await runners.runner();
    const path = '/runners/router/discovery';
    expect(await server.api.get(path, { headers: { 'RUNNER-TOKEN': token } })).toMatchObject({
      status: 501,
      body: { message: 'Job Router is not available. Please contact your administrator.' },
    });
    for (const headers of [{ 'RUNNER-TOKEN': 'unknown' }, {}] as Record<string, string>[])
      expect(await server.api.get(path, { headers })).toMatchObject({ status: 403, body: { message: '403 Forbidden' } });
  });
});
