import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { createRunnersFactory, type RunnersFactory } from '../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import { createContacts, flushContacts, freshContact, noteContact } from './contact.ts';
import { findRunner } from './store.ts';

const second = 1000;
const minute = 60 * second;

describe.each(engines)('contacts of agents on %s', (engine) => {
  let server: TestServer;
  let runners: RunnersFactory;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    runners = createRunnersFactory(server.baton.app);
  });
  afterAll(() => server.stop());

  const verify = (token: string, more: Record<string, unknown> = {}) => server.api.post('/runners/verify', { json: { token, ...more } });
  const show = async (id: number) => (await server.root.get(`/runners/${id}`)).body as Record<string, unknown>;
  const managers = async (id: number) => (await server.root.get(`/runners/${id}/managers`)).body as Record<string, unknown>[];
  const now = () => new Date(server.clock.now()).toISOString();
  const stored = async (id: number) => (await findRunner(server.baton.app.db, id))?.contactedAt ?? null;

  it('make a runner online, and its machine known', async () => {
    const { id, token } = await runners.runner();
    expect(await managers(id)).toEqual([]);
    const info = {
      name: 'gitlab-runner',
      version: '17.9.3',
      revision: '4e4b2e7a',
      platform: 'linux',
      architecture: 'arm64',
      executor: 'docker',
    };
    expect((await verify(token, { system_id: 's_0123456789ab', info })).status).toBe(200);
    expect(await show(id)).toMatchObject({
      online: true,
      status: 'online',
      contacted_at: now(),
      ip_address: '127.0.0.1',
      name: 'gitlab-runner',
      version: '17.9.3',
      revision: '4e4b2e7a',
      platform: 'linux',
      architecture: 'arm64',
    });
    expect(await managers(id)).toEqual([
      {
        id: expect.any(Number),
        system_id: 's_0123456789ab',
        version: '17.9.3',
        revision: '4e4b2e7a',
        platform: 'linux',
        architecture: 'arm64',
        created_at: now(),
        contacted_at: now(),
        ip_address: '127.0.0.1',
        status: 'online',
        liveness: 'online',
        job_execution_status: 'idle',
      },
    ]);
  });

  it('without the id of a machine belong to the legacy one', async () => {
    const { id, token } = await runners.runner();
    for (const more of [{}, { system_id: '' }, { system_id: null }]) expect((await verify(token, more)).status).toBe(200);
    expect(await managers(id)).toMatchObject([{ system_id: '<legacy>', version: null }]);
  });

  it('tell machines apart, of which the last one speaks for the runner', async () => {
    const { id, token } = await runners.runner();
    await verify(token, { system_id: 's_one', info: { version: '16.0.0', platform: 'linux' } });
    server.clock.advance(second);
    await verify(token, { system_id: 'r_two', info: { version: '17.0.0', platform: 'darwin' } });
    expect(await show(id)).toMatchObject({ version: '17.0.0', platform: 'darwin' });
    expect((await managers(id)).map((manager) => [manager['system_id'], manager['version']])).toEqual([
      ['s_one', '16.0.0'],
      ['r_two', '17.0.0'],
    ]);
    server.clock.advance(second);
    await verify(token, { system_id: 's_one' });
    expect(await show(id)).toMatchObject({ contacted_at: now(), version: '16.0.0', platform: 'linux' });
  });

  it('forget nothing when a call says less', async () => {
    const { id, token } = await runners.runner();
    await verify(token, { system_id: 's_one', info: { name: 'agent', version: '16.0.0', platform: 'linux' } });
    server.clock.advance(2 * minute);
    await verify(token, { system_id: 's_one' });
    expect(await show(id)).toMatchObject({ contacted_at: now(), name: 'agent', version: '16.0.0', platform: 'linux' });
    await verify(token, { system_id: 's_one', info: { version: '16.1.0' } });
    expect(await managers(id)).toMatchObject([{ version: '16.1.0', platform: 'linux' }]);
  });

  it('keep what an agent said at its registration until its machine says something else', async () => {
    const made = await server.api.post('/runners', {
      json: { token: server.registrationToken, info: { version: '11.5.0', platform: 'linux' } },
    });
    await verify(made.body.token);
    expect(await show(made.body.id)).toMatchObject({ version: '11.5.0', platform: 'linux', online: true });
    await verify(made.body.token, { info: { version: '12.0.0' } });
    expect(await show(made.body.id)).toMatchObject({ version: '12.0.0', platform: 'linux' });
  });

  it('show at once, and are written at most once a minute', async () => {
    const { id, token } = await runners.runner();
    const first = server.clock.now();
    await verify(token, { system_id: 's_one', info: { version: '1' } });
    expect(await stored(id)).toBe(first);
    server.clock.advance(59 * second);
    await verify(token, { system_id: 's_one', info: { version: '1' } });
    expect(await show(id)).toMatchObject({ contacted_at: now() });
    expect(await managers(id)).toMatchObject([{ contacted_at: now() }]);
    expect(await stored(id)).toBe(first);
    server.clock.advance(second);
    await verify(token, { system_id: 's_one', info: { version: '1' } });
    expect(await stored(id)).toBe(server.clock.now());
    // That a call says less, or the same as before, is nothing new.
    server.clock.advance(second);
    await verify(token, { system_id: 's_one' });
    server.clock.advance(second);
    await verify(token, { system_id: 's_one', info: { version: '1' } });
    expect(await stored(id)).toBe(server.clock.now() - 2 * second);
    server.clock.advance(minute);
    await verify(token, { system_id: 's_one' });
    server.clock.advance(second);
    await verify(token, { system_id: 's_one', info: { version: '1' } });
    expect(await stored(id)).toBe(server.clock.now() - second);
    // Something new is written at once.
    server.clock.advance(second);
    await verify(token, { system_id: 's_one', info: { version: '2' } });
    expect(await stored(id)).toBe(server.clock.now());
    expect(await show(id)).toMatchObject({ version: '2' });
  });

  it('are written down in the end', async () => {
    const made = await Promise.all([runners.runner(), runners.runner(), runners.runner()]);
    for (const { token } of made) await verify(token, { system_id: 's_one' });
    server.clock.advance(30 * second);
    for (const { token } of made) await verify(token, { system_id: 's_one' });
    await flushContacts(server.baton.app);
    for (const { id } of made) expect(await stored(id)).toBe(server.clock.now());
    const rows = await server.baton.app.db
      .selectFrom('runner_managers')
      .select('contacted_at')
      .where('runner_id', '=', made[0].id)
      .execute();
    expect(rows).toEqual([{ contacted_at: server.clock.now() }]);
  });

  it('never go back when another process has written a later one', async () => {
    const { app } = server.baton;
    const { id, token } = await runners.runner();
    await verify(token);
    server.clock.advance(second);
    await verify(token);
    const later = server.clock.now() + minute;
    await app.write((tx) => tx.updateTable('runners').set({ contacted_at: later }).where('id', '=', id).execute());
    await flushContacts(app);
    expect(await stored(id)).toBe(later);
    expect(await show(id)).toMatchObject({ contacted_at: new Date(later).toISOString() });
  });

  it('make no machine of a runner that was removed meanwhile', async () => {
    const { app } = server.baton;
    const { id, runner } = await runners.runner();
    await server.root.delete(`/runners/${id}`);
    await expect(noteContact(app, runner, { systemId: 's_late', info: {}, ip: '127.0.0.1' })).rejects.toMatchObject({ status: 403 });
    expect(await app.db.selectFrom('runner_managers').select('id').where('runner_id', '=', id).execute()).toEqual([]);
    expect(freshContact(app.contacts, runner).contactedAt).toBeNull();
  });

  it('make one machine of two first calls at once', async () => {
    const { id, token } = await runners.runner();
    const answers = await Promise.all([1, 2, 3, 4].map(() => verify(token, { system_id: 's_one' })));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    expect((await managers(id)).length).toBe(1);
  });

  it('come from the client, not from the proxy before the server', async () => {
    const { id, token } = await runners.runner();
    await server.api.post('/runners/verify', { json: { token }, headers: { 'X-Forwarded-For': '203.0.113.9' } });
    expect(await show(id)).toMatchObject({ ip_address: '203.0.113.9' });
    expect(await managers(id)).toMatchObject([{ ip_address: '203.0.113.9' }]);
  });

  it('age: a machine is online for two hours, then offline, and stale after a week', async () => {
    const { id, token } = await runners.runner();
    await verify(token, { system_id: 's_one' });
    const statuses: unknown[] = [];
    for (const time of [0, 120 * minute - 1, 1, 6 * 24 * 60 * minute + 22 * 60 * minute - 1, 1]) {
      server.clock.advance(time);
      statuses.push((await managers(id))[0]?.['status']);
    }
    expect(statuses).toEqual(['online', 'online', 'offline', 'offline', 'stale']);
    expect(await show(id)).toMatchObject({ status: 'offline', online: false });
  });

  it('hold odd things that an agent says of itself', async () => {
    const { id, token } = await runners.runner();
    const long = 'v'.repeat(5000);
    const info = {
      version: long,
      name: null,
      features: { trace: true, x: 'y' },
      config: { gpus: 'all' },
      labels: { a: 'b', c: 1 },
      future: [1],
    };
    expect((await verify(token, { system_id: 's'.repeat(500), info })).status).toBe(200);
    const [manager] = await managers(id);
    expect(String(manager?.['version'])).toBe('v'.repeat(255));
    expect((await verify(token, { info: { features: null, config: null, labels: null } })).status).toBe(200);
    expect(await verify(token, { info: 'text' })).toMatchObject({ status: 400, body: { error: 'info is invalid' } });
    expect((await server.api.delete('/runners/managers', { json: { token, system_id: 's'.repeat(500) } })).status).toBe(204);
    expect((await managers(id)).map((one) => one['system_id'])).toEqual(['<legacy>']);
  });

  it('start with nothing', () => {
    expect(freshContact(createContacts(), { id: 1, contactedAt: null })).toEqual({ id: 1, contactedAt: null });
  });
});
