import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';

describe.each(engines)('a token with thousands of system ids on %s', (engine) => {
  it('keeps those that called last, and those that run jobs', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const { agent, runnerId } = await createAgents(server).running({ version: '17.9.0' });
    const before = server.clock.now();
    const rows = Array.from({ length: 10_050 }, (_, at) => ({
      runner_id: runnerId,
      system_id: `old_${at}`,
      created_at: before,
      contacted_at: before + 1 + at,
    }));
    await app.write(async (tx) => {
      for (let at = 0; at < rows.length; at += 500)
        await tx
          .insertInto('runner_managers')
          .values(rows.slice(at, at + 500))
          .execute();
    });
    server.clock.advance(60_000);
    // The busy machine is known already, so that the hundredth new one is the one that is looked at.
    for (let count = 0; count < 99; count++)
      await server.api.post('/runners/verify', { json: { token: agent.token, system_id: `new_${count}` } });
    const ids = await app.db.selectFrom('runner_managers').select('system_id').where('runner_id', '=', runnerId).execute();
    const left = new Set(ids.map((row) => row.system_id));
    // 10,000 that called last, and the busy one, which called before all others.
    expect(left.size).toBe(10_001);
    expect([left.has(agent.systemId), left.has('new_98'), left.has('old_10049'), left.has('old_0')]).toEqual([true, true, true, false]);
    expect((await app.busyManagers(runnerId)).size).toBe(1);
  });
});
