import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { reserve } from '../pipelines/confirmation.ts';

const second = 1000;
const minute = 60 * second;

describe.each(engines)('background work on %s', (engine) => {
  it('lets delayed jobs go when they are due, and not those that are stale', async () => {
    await using server = await startTestServer({ engine });
    const { loops } = server.baton;
    const { pipeline } = createAgents(server);
    const made = await pipeline({ later: { when: 'delayed', startIn: 600 } });
    server.clock.advance(600 * second - 1);
    await loops.runNow('delayed jobs');
    expect(await made.statuses()).toEqual({ later: 'scheduled' });
    server.clock.advance(1);
    await loops.runNow('delayed jobs');
    expect(await made.statuses()).toEqual({ later: 'pending' });
    const stale = await pipeline({ later: { when: 'delayed', startIn: 600 } });
    server.clock.advance(80 * minute);
    await loops.runNow('delayed jobs');
    expect(await stale.job('later')).toMatchObject({ status: 'failed', failureReason: 'stale_schedule' });
  });

  it('lets a job be tried anew that its agent did not confirm', async () => {
    await using server = await startTestServer({ engine });
    const { app, loops } = server.baton;
    const made = await createAgents(server).pipeline({ work: {} });
    const pending = await made.job('work');
    const changes = { runnerId: 1, managerId: 1, tokenDigest: 'digest', timeout: 3600, timeoutSource: 'project' };
    const bound = { ...changes, cancelGracefully: true, instanceRunner: true };
    const confirmBy = server.clock.now() + 2 * minute;
    expect(await app.write((tx) => reserve(app, tx, pending, bound, confirmBy))).toMatchObject({ status: 'pending' });
    server.clock.advance(2 * minute - second);
    await loops.runNow('unconfirmed jobs');
    expect(await made.job('work')).toMatchObject({ id: pending.id, status: 'pending' });
    server.clock.advance(2 * second);
    await loops.runNow('unconfirmed jobs');
    const again = await made.job('work');
    expect([again.id > pending.id, again.status, again.attempt]).toEqual([true, 'pending', 1]);
    expect(await app.db.selectFrom('jobs').select('failure_reason').where('id', '=', pending.id).executeTakeFirst()).toEqual({
      failure_reason: 'runner_provisioning_timeout',
    });
  });
});
