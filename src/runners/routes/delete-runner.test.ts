import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallOptions } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import { createPipelinesFactory } from '../../../test/harness/pipelines-factory.ts';
import { createRunnersFactory, type MadeRunner, type RunnersFactory } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

const since = (time: number) => ({ 'If-Unmodified-Since': new Date(time).toUTCString() });

describe.each(engines)('removing runners on %s', (engine) => {
  let server: TestServer;
  let runners: RunnersFactory;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    runners = createRunnersFactory(server.baton.app);
  });
  afterAll(() => server.stop());

  const verify = (token: string, systemId?: string) =>
    server.api.post('/runners/verify', { json: { token, ...(systemId === undefined ? {} : { system_id: systemId }) } });

  async function expectGone({ id, token }: MadeRunner): Promise<void> {
    expect(await server.root.get(`/runners/${id}`)).toMatchObject({ status: 404, body: { message: '404 Runner Not Found' } });
    expect((await server.root.get('/runners/all?per_page=100')).body.map((runner: { id: number }) => runner.id)).not.toContain(id);
    for (const path of ['/runners/verify', '/jobs/request', '/runners/reset_authentication_token'])
      expect(await server.api.post(path, { json: { token } }), path).toMatchObject({ status: 403, body: { message: '403 Forbidden' } });
    const { app } = server.baton;
    for (const table of ['runner_managers', 'runner_projects', 'runner_groups'] as const)
      expect(await app.db.selectFrom(table).selectAll().where('runner_id', '=', id).execute()).toEqual([]);
  }

  it('by id leaves nothing of any kind of runner', async () => {
    const group = await server.build.group();
    const projects = [await server.build.project(), await server.build.project()];
    for (const spec of [{}, { group }, { projects }, { contactedAt: server.clock.now(), versions: ['1', '2'], tags: ['a'] }]) {
      const made = await runners.runner(spec);
      await verify(made.token, 's_one');
      const answer = await server.root.delete(`/runners/${made.id}`);
      expect([answer.status, answer.bytes.length, answer.headers.get('content-type')]).toEqual([204, 0, null]);
      await expectGone(made);
      expect((await server.root.delete(`/runners/${made.id}`)).status).toBe(404);
    }
  });

  it('keeps finished jobs, and lets running ones finish', async () => {
    const project = await server.build.project();
    const { id } = await runners.runner({ projects: [project] });
    const made = await createPipelinesFactory(server.baton.app).pipeline(project, { work: {} });
    await made.run('work', { runnerId: id });
    expect((await server.root.delete(`/runners/${id}`)).status).toBe(204);
    expect((await server.root.get(`/projects/${project.id}/jobs/${made.jobs['work']?.id}`)).body).toMatchObject({
      status: 'running',
      runner: null,
    });
  });

  it.each([
    ['a query', (token: string): CallOptions => ({ query: { token } })],
    ['a JSON body', (token: string): CallOptions => ({ json: { token } })],
    ['a form', (token: string): CallOptions => ({ form: { token } })],
    ['a multipart form', (token: string): CallOptions => ({ multipart: { token } })],
    [
      'JSON with the header that agents send besides',
      (token: string): CallOptions => ({ json: { token }, headers: { 'RUNNER-TOKEN': token } }),
    ],
  ])('by token, in %s', async (_, options) => {
    const made = await runners.runner();
    await verify(made.token);
    const answer = await server.api.delete('/runners', options(made.token));
    expect([answer.status, answer.bytes.length, answer.headers.get('content-type')]).toEqual([204, 0, null]);
    await expectGone(made);
  });

  it('by token, takes no other token', async () => {
    expect(await server.api.delete('/runners')).toMatchObject({ status: 400, body: { error: 'token is missing' } });
    expect(await server.root.delete('/runners')).toMatchObject({ status: 400, body: { error: 'token is missing' } });
    for (const token of ['', 'unknown', server.registrationToken, server.rootToken])
      expect(await server.api.delete('/runners', { json: { token } })).toMatchObject({ status: 403, body: { message: '403 Forbidden' } });
  });

  it('only when nobody has changed the runner since a given time', async () => {
    const now = server.clock.now();
    for (const remove of [
      (made: MadeRunner, headers: Record<string, string>) => server.root.delete(`/runners/${made.id}`, { headers }),
      (made: MadeRunner, headers: Record<string, string>) => server.api.delete('/runners', { json: { token: made.token }, headers }),
    ]) {
      const made = await runners.runner({ createdAt: now - 60_000 });
      for (const time of [now - 120_000, now - 61_000]) {
        const refused = await remove(made, since(time));
        expect([refused.status, refused.body]).toEqual([412, { message: '412 Precondition Failed' }]);
      }
      await verify(made.token);
      // A contact is no change; an update is.
      await server.root.put(`/runners/${made.id}`, { json: { description: 'changed' } });
      expect((await remove(made, since(now - 30_000))).status).toBe(412);
      expect((await remove(made, since(now + 1000))).status).toBe(204);
      const others = [await runners.runner(), await runners.runner()];
      expect((await remove(others[0] ?? made, { 'If-Unmodified-Since': 'soon' })).status).toBe(204);
      expect((await remove(others[1] ?? made, { 'If-Unmodified-Since': '' })).status).toBe(204);
    }
  });

  it('checks the token before the time, and who may before what changed', async () => {
    const made = await runners.runner();
    const long = since(0);
    expect((await server.api.delete('/runners', { json: { token: 'unknown' }, headers: long })).status).toBe(403);
    const outsider = (await server.build.person()).api;
    expect((await outsider.delete(`/runners/${made.id}`, { headers: long })).status).toBe(403);
    expect((await server.api.delete(`/runners/${made.id}`, { headers: long })).status).toBe(401);
    expect((await server.root.delete('/runners/424242', { headers: long })).status).toBe(404);
  });

  it('takes one machine away, while the runner stays', async () => {
    const { id, token } = await runners.runner();
    await verify(token, 's_one');
    await verify(token, 's_two');
    await verify(token);
    const systems = async () =>
      ((await server.root.get(`/runners/${id}/managers`)).body as { system_id: string }[]).map((manager) => manager.system_id).toSorted();
    expect(await systems()).toEqual(['<legacy>', 's_one', 's_two']);
    const remove = (options: CallOptions) => server.api.delete('/runners/managers', options);
    const gone = await remove({ json: { token, system_id: 's_one' } });
    expect([gone.status, gone.bytes.length, gone.headers.get('content-type')]).toEqual([204, 0, null]);
    expect(await systems()).toEqual(['<legacy>', 's_two']);
    expect((await remove({ query: { token, system_id: 's_two' } })).status).toBe(204);
    expect((await remove({ form: { token, system_id: '<legacy>' } })).status).toBe(204);
    expect(await systems()).toEqual([]);
    expect((await server.root.get(`/runners/${id}`)).status).toBe(200);
    // The same machine may come again.
    await verify(token, 's_one');
    expect(await systems()).toEqual(['s_one']);
    const known = { json: { token, system_id: 's_one' } };
    expect((await remove({ ...known, headers: since(server.clock.now() - 60_000) })).status).toBe(412);
    expect((await remove({ ...known, headers: since(server.clock.now() + 1000) })).status).toBe(204);
  });

  it('takes away no machine that is not there', async () => {
    const { token } = await runners.runner();
    const remove = (json: Record<string, string>) => server.api.delete('/runners/managers', { json });
    expect(await remove({})).toMatchObject({ status: 400, body: { error: 'token is missing, system_id is missing' } });
    expect(await remove({ token })).toMatchObject({ status: 400, body: { error: 'system_id is missing' } });
    expect(await remove({ system_id: 's_one' })).toMatchObject({ status: 400, body: { error: 'token is missing' } });
    expect(await remove({ token: 'unknown', system_id: 's_one' })).toMatchObject({ status: 403, body: { message: '403 Forbidden' } });
    expect(await remove({ token, system_id: 's_one' })).toMatchObject({
      status: 404,
      body: { message: '404 Runner manager not found Not Found' },
    });
    const other = await runners.runner();
    await verify(other.token, 's_one');
    expect((await remove({ token, system_id: 's_one' })).status).toBe(404);
  });
});
