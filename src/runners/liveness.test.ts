import { describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { createAgents } from '../../test/harness/agents.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { livenessOf, type Liveness } from './liveness.ts';

const second = 1000;

describe('livenessOf', () => {
  it.each<[string, number | null, number | null, Liveness]>([
    ['nobody called', null, null, 'never_contacted'],
    ['just now', 0, 3, 'online'],
    ['a minute ago', 60, 3, 'online'],
    ['more than a minute ago', 60.001, 3, 'late'],
    ['nearly two minutes ago', 119.999, 3, 'late'],
    ['two minutes ago', 120, 3, 'lost'],
    ['unknown rhythm', 61, null, 'late'],
    ['a slow machine gets three of its intervals', 89, 30, 'online'],
    ['and is late after them', 91, 30, 'late'],
    ['but is lost like all others', 120, 50, 'lost'],
  ])('%s', (_name, ago, interval, liveness) => {
    const now = 1_000_000_000;
    const calls = {
      contactedAt: ago === null ? null : now - ago * second,
      interval: interval === null ? null : interval * second,
    };
    expect(livenessOf(calls, now)).toBe(liveness);
  });
});

describe.each(engines)('the liveness of machines on %s', (engine) => {
  it('is told of a runner and of each of its machines, sooner than the status', async () => {
    await using server = await startTestServer({ engine });
    const { agent, runnerId } = await createAgents(server).agent();
    const ofRunner = async () => {
      const { liveness, status } = (await server.root.get(`/runners/${runnerId}`)).body as Record<string, string>;
      return [liveness, status];
    };
    const ofManagers = async () =>
      ((await server.root.get(`/runners/${runnerId}/managers`)).body as { liveness: string }[]).map((one) => one.liveness);
    expect(await ofRunner()).toEqual(['never_contacted', 'never_contacted']);
    await agent.request();
    expect([await ofRunner(), await ofManagers()]).toEqual([['online', 'online'], ['online']]);
    server.clock.advance(61 * second);
    expect([await ofRunner(), await ofManagers()]).toEqual([['late', 'online'], ['late']]);
    server.clock.advance(60 * second);
    expect([await ofRunner(), await ofManagers()]).toEqual([['lost', 'online'], ['lost']]);
    await server.api.post('/jobs/request', { json: { token: agent.token, system_id: 's_other' } });
    expect([await ofRunner(), await ofManagers()]).toEqual([
      ['online', 'online'],
      ['lost', 'online'],
    ]);
  });

  it('knows machines that ask seldom', async () => {
    await using server = await startTestServer({ engine });
    const { agent, runnerId } = await createAgents(server).agent();
    for (let turn = 0; turn < 3; turn += 1) {
      await agent.request({ lastUpdate: null });
      server.clock.advance(35 * second);
    }
    server.clock.advance(45 * second);
    expect((await server.root.get(`/runners/${runnerId}`)).body).toMatchObject({ liveness: 'online' });
  });

  it('counts the calls of a job', async () => {
    await using server = await startTestServer({ engine });
    const { agent, runnerId, job } = await createAgents(server).running();
    server.clock.advance(110 * second);
    await agent.patchTrace(job, 'alive', 0);
    server.clock.advance(50 * second);
    expect((await server.root.get(`/runners/${runnerId}`)).body).toMatchObject({ liveness: 'online' });
  });
});
