import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import { tokenDigest } from '../lib/ids.ts';
import { dropUnconfirmed, reserve } from '../pipelines/confirmation.ts';
import { confirmWithinMs } from './confirm-job.ts';
import type { JobPayload } from './wire.ts';

/** A job that is bound to the runner of an agent, which has not confirmed it. */
async function waiting(server: TestServer) {
  const { app } = server.baton;
  const agents = createAgents(server);
  const { agent, runnerId } = await agents.agent();
  await agent.request();
  const { id: managerId } = await app.db
    .selectFrom('runner_managers')
    .select('id')
    .where('runner_id', '=', runnerId)
    .executeTakeFirstOrThrow();
  const made = await agents.pipeline({ work: {}, next: { stageIndex: 1 } });
  const token = `glcbt-waiting-job-of-runner-${runnerId}`;
  const changes = {
    runnerId,
    managerId,
    tokenDigest: tokenDigest(token),
    timeout: 3600,
    timeoutSource: 'project',
    cancelGracefully: true,
    instanceRunner: true,
  };
  const pending = await made.job('work');
  await app.write((tx) => reserve(app, tx, pending, changes, app.clock.now() + confirmWithinMs));
  const job = { id: pending.id, token } as JobPayload;
  const status = async () => (await made.job('work')).status;
  return { agent, job, made, status, sweep: () => dropUnconfirmed(app, app.clock.now(), 10) };
}

describe.each(engines)('a job that its agent has to confirm on %s', (engine) => {
  it('runs from the moment in which the agent says so', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, made, status, sweep } = await waiting(server);
    expect([await status(), (await made.now()).status]).toEqual(['pending', 'pending']);
    server.clock.advance(90_000);
    const answer = await agent.update(job, 'running');
    expect([answer.status, answer.body, answer.headers['job-status']]).toEqual([200, 200, 'running']);
    expect(await made.job('work')).toMatchObject({ status: 'running', startedAt: server.clock.now() });
    expect((await made.now()).status).toBe('running');
    server.clock.advance(confirmWithinMs);
    expect(await sweep()).toBe(0);
    // The agent may have missed the answer.
    expect((await agent.update(job, 'running')).status).toBe(200);
    await agent.patchTrace(job, 'done\n', 0);
    expect((await agent.update(job, 'success')).status).toBe(200);
    expect(await status()).toBe('success');
  });

  it('waits as long as the agent says that it prepares it, and no longer', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, status, sweep } = await waiting(server);
    for (let turn = 0; turn < 5; turn += 1) {
      server.clock.advance(confirmWithinMs - 1);
      expect(await sweep()).toBe(0);
      const answer = await agent.update(job, 'pending');
      expect([answer.status, answer.body, answer.headers['job-status']]).toEqual([200, 200, 'pending']);
    }
    server.clock.advance(confirmWithinMs);
    expect([await sweep(), await sweep()]).toEqual([1, 0]);
    for (const state of ['running', 'pending'] as const) {
      const late = await agent.update(job, state);
      expect([late.status, late.headers['job-status']]).toEqual([403, 'failed']);
    }
    // It is tried anew by itself.
    expect(await status()).toBe('pending');
  });

  it('cannot end before, and cannot go back', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, status } = await waiting(server);
    for (const state of ['success', 'failed', undefined, 'canceled'] as never[]) {
      expect((await agent.update(job, state)).status).toBe(400);
      expect(await status()).toBe('pending');
    }
    await agent.update(job, 'running');
    const back = await agent.update(job, 'pending');
    expect([back.status, back.body]).toEqual([400, { message: '400 Bad request - the job is running already' }]);
    expect(await status()).toBe('running');
  });

  it('runs as well when the agent goes on because its first call was lost', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, status } = await waiting(server);
    expect((await server.api.get('/job', { headers: { 'JOB-TOKEN': job.token } })).status).toBe(200);
    const patched = await agent.patchTrace(job, 'begun\n', 0);
    expect([patched.status, patched.headers['job-status'], await status()]).toEqual([202, 'running', 'running']);
    const other = await waiting(server);
    expect((await other.agent.uploadArtifact(other.job, { bytes: Buffer.from('zip') })).status).toBe(201);
    expect(await other.status()).toBe('running');
  });

  it('is confirmed once, however often its agent calls at the same time', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, status } = await waiting(server);
    const states = Array.from({ length: 12 }, (_, index) => (index % 3 === 0 ? ('pending' as const) : ('running' as const)));
    const answers = await Promise.all(states.map((state) => agent.update(job, state)));
    const statuses = (wanted: string) => answers.filter((_, index) => states[index] === wanted).map((answer) => answer.status);
    expect(statuses('running')).toEqual(Array.from({ length: 8 }, () => 200));
    for (const given of statuses('pending')) expect([200, 400, 409]).toContain(given);
    expect(await status()).toBe('running');
  });

  it('is not told to the agent any more after it was canceled', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, made } = await waiting(server);
    expect((await server.root.post(`/projects/${made.pipeline.projectId}/jobs/${job.id}/cancel`)).status).toBe(201);
    const answer = await agent.update(job, 'running');
    expect([answer.status, answer.headers['job-status']]).toEqual([403, 'canceled']);
  });

  it('is nobody else’s to confirm', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, status } = await waiting(server);
    for (const state of ['running', 'pending'] as const)
      expect((await agent.update({ ...job, token: 'glcbt-wrong' }, state)).status).toBe(403);
    expect(await status()).toBe('pending');
  });
});
