import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import { reapPending, reapRunning, reapSchedules } from './reapers.ts';

const second = 1000;
const minute = 60_000;
const hour = 60 * minute;

/** What a sweep ends just before a threshold and just after it. */
async function around(server: TestServer, ms: number, sweep: () => Promise<number>): Promise<[number, number]> {
  server.clock.advance(ms - second);
  const before = await sweep();
  server.clock.advance(2 * second);
  return [before, await sweep()];
}

describe.each(engines)('reapers on %s', (engine) => {
  it('fail pending jobs early when no active runner that is online can take them', async () => {
    await using server = await startTestServer({ engine });
    const { agent, pipeline } = createAgents(server);
    const online = await agent({ tags: ['here'] });
    const paused = await agent({ tags: ['paused'] });
    const guarded = await agent({ tags: ['guarded'], settings: { access_level: 'ref_protected' } });
    await agent({ tags: ['silent'] });
    for (const { agent: one } of [online, paused, guarded]) expect((await one.request()).status).toBe(204);
    await server.root.put(`/runners/${paused.runnerId}`, { json: { paused: true } });
    const names = ['here', 'nowhere', 'paused', 'guarded', 'silent'];
    const made = await pipeline(Object.fromEntries(names.map((name) => [name, { tags: [name] }])));
    const sweep = () => reapPending(server.baton.app);
    expect(await around(server, hour, sweep)).toEqual([0, 4]);
    for (const name of names) {
      const { status, failureReason } = await made.job(name);
      expect([name, status, failureReason]).toEqual(
        name === 'here' ? [name, 'pending', null] : [name, 'failed', 'stuck_pending_no_matching_runners'],
      );
    }
    // Its runner was last seen before GitLab's window of two hours: it is stuck now.
    expect(await around(server, hour - second, sweep)).toEqual([0, 1]);
    expect(await made.job('here')).toMatchObject({ failureReason: 'stuck_pending_no_matching_runners' });
  });

  it('fail pending jobs late when a runner could take them', async () => {
    await using server = await startTestServer({ engine });
    const { agent, pipeline } = createAgents(server);
    const group = await server.build.group();
    const project = await server.build.project({ group: await server.build.group({ parent: group }) });
    const online = [await agent({ tags: ['a'] }), await agent({ tags: ['b'], group }), await agent({ tags: ['c'], project })];
    const made = await pipeline({ a: { tags: ['a'] }, b: { tags: ['b'] }, c: { tags: ['c'] } }, { project });
    const sweep = async () => {
      for (const { agent: one } of online) expect((await one.verify()).status).toBe(200);
      return reapPending(server.baton.app);
    };
    expect(await around(server, 24 * hour, sweep)).toEqual([0, 3]);
    expect(await made.job('b')).toMatchObject({ status: 'failed', failureReason: 'stuck_pending_with_matching_runners' });
  });

  it.each([
    ['running', false, 'failed', 'no_updates_running'],
    ['canceling', true, 'canceled', null],
  ] as const)('end %s jobs of a live machine that get no updates', async (_status, cancel, ends, reason) => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const { agent, job, made, project } = await createAgents(server).running({
      version: '17.9.0',
      features: { cancel_gracefully: true },
    });
    await agent.patchTrace(job, 'hello\n', 0);
    if (cancel) await server.root.post(`/projects/${project.id}/jobs/${job.id}/cancel`);
    const sweep = async () => {
      await agent.verify();
      return reapRunning(app, 0);
    };
    expect(await around(server, 30 * minute, sweep)).toEqual([0, 1]);
    expect(await made.job('work')).toMatchObject({ status: ends, failureReason: reason, traceSize: 6, tokenDigest: null });
    expect((await agent.update(job, 'success')).status).toBe(403);
    expect(await reapRunning(app, 0)).toBe(0);
  });

  it.each([
    ['running', false, 'failed', 'server_timeout_running'],
    ['canceling', true, 'canceled', null],
  ] as const)('end %s jobs that are long past their timeout, however lively', async (_status, cancel, ends, reason) => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const { agent, job, made, project } = await createAgents(server).running({
      version: '17.9.0',
      features: { cancel_gracefully: true },
      work: { timeout: 1200 },
    });
    if (cancel) await server.root.post(`/projects/${project.id}/jobs/${job.id}/cancel`);
    const sweep = async () => {
      await agent.update(job, 'running');
      return reapRunning(app, 0);
    };
    expect(await around(server, 20 * minute + 15 * minute, sweep)).toEqual([0, 1]);
    expect(await made.job('work')).toMatchObject({ status: ends, failureReason: reason });
  });

  it('end the jobs of a machine that has vanished when its lease is over', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const { agent, job, made } = await createAgents(server).running({ version: '17.9.0' });
    server.clock.advance(20 * minute);
    await agent.patchTrace(job, 'abc', 0);
    server.clock.advance(30 * second);
    // Not written, only known in memory: the lease counts from here.
    await agent.update(job, 'running');
    expect(await around(server, 5 * minute, () => reapRunning(app, 0))).toEqual([0, 1]);
    const heard = server.clock.now() - 5 * minute - second;
    expect(await made.job('work')).toMatchObject({
      status: 'failed',
      failureReason: 'no_updates_running',
      failureEvidence: { lastContactAt: heard, lastLogAt: heard - 30 * second, logSize: 3, threshold: 300 },
    });
  });

  it('let a job be tried anew, once, where its configuration says so', async () => {
    await using server = await startTestServer({ engine });
    const retry = { max: 1, when: ['stuck_or_timeout_failure'], exitCodes: [] };
    const { made, agent } = await createAgents(server).running({ version: '17.9.0', work: { retry } });
    const ended: number[] = [];
    for (let round = 0; round < 2; round++) {
      server.clock.advance(6 * minute);
      ended.push(await reapRunning(server.baton.app, 0));
      if (round === 0) await agent.nextJob(1);
    }
    expect([ended, await made.statuses()]).toEqual([[1, 1], { work: 'failed' }]);
    expect((await agent.request()).status).toBe(204);
  });

  it('leave a vanished machine to the longer threshold where leases are off', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    await createAgents(server).running({ version: '17.9.0' });
    expect((await server.root.put('/application/settings', { json: { job_lease: 0, silent_job_timeout: 1500 } })).status).toBe(200);
    expect(await around(server, 25 * minute, () => reapRunning(app, 0))).toEqual([0, 1]);
  });

  it('do not take silence before the server could hear for silence', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    await createAgents(server).running({ version: '17.9.0' });
    server.clock.advance(3 * hour);
    const since = server.clock.now();
    expect(await around(server, 5 * minute, () => reapRunning(app, since))).toEqual([0, 1]);
  });

  it('fail delayed jobs that are stale', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const { pipeline } = createAgents(server);
    const made = await pipeline({ later: { when: 'manual' } });
    const { id } = await made.job('later');
    await app.db.updateTable('jobs').set({ status: 'scheduled' }).where('id', '=', id).execute();
    await app.db.insertInto('scheduled_jobs').values({ job_id: id, due_at: server.clock.now() }).execute();
    expect(await around(server, hour, () => reapSchedules(app))).toEqual([0, 1]);
    expect(await made.job('later')).toMatchObject({ status: 'failed', failureReason: 'stale_schedule' });
  });

  it('end many jobs, page by page, and none that somebody has taken meanwhile', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const { pipeline } = createAgents(server);
    const made = await pipeline(Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`job ${at}`, {}])));
    server.clock.advance(hour + second);
    const [taken, ended] = [made.run('job 7'), reapPending(app)];
    const outcome = await Promise.allSettled([taken, ended]);
    const statuses = Object.values(await made.statuses());
    const failed = statuses.filter((status) => status === 'failed').length;
    expect(outcome[1]).toEqual({ status: 'fulfilled', value: failed });
    expect(statuses.filter((status) => status === 'running').length + failed).toBe(30);
  });
});
