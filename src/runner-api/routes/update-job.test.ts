import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { agentVersions, createAgents } from '../../../test/harness/agents.ts';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer } from '../../../test/harness/server.ts';
import type { JobUpdate } from '../wire.ts';

describe.each(engines)('PUT /jobs/:id on %s', (engine) => {
  it.each(agentVersions)('keeps a job of an agent %s alive, and ends it once', async (version) => {
    await using server = await startTestServer({ engine });
    const { agent, job, made } = await createAgents(server).running({ version });
    for (const _ of [1, 2]) {
      const alive = await agent.update(job, 'running');
      expect([alive.status, alive.bytes.toString()]).toEqual([200, '200']);
      expect(alive.headers).toMatchObject({ 'job-status': 'running', 'x-gitlab-trace-update-interval': '3' });
    }
    await agent.patchTrace(job, 'done\n', 0);
    server.clock.advance(5000);
    const end = await agent.update(job, 'success');
    expect([end.status, end.bytes.toString(), end.headers['x-gitlab-trace-update-interval']]).toEqual([200, '200', undefined]);
    const ended = await made.job('work');
    expect(ended).toMatchObject({
      status: 'success',
      finishedAt: server.clock.now(),
      failureReason: null,
      exitCode: null,
      tokenDigest: null,
    });
    expect(ended).toMatchObject({ traceSize: 5, traceCrc32: crc32('done\n') });
    expect((await made.now()).status).toBe('success');
    for (const state of ['success', 'failed', 'running'] as const) {
      const late = await agent.update(job, state);
      expect([late.status, late.headers['job-status'], late.body]).toEqual([403, 'success', { message: '403 Forbidden' }]);
    }
    expect(await made.job('work')).toEqual(ended);
  });

  it('fails the job as the agent says', async () => {
    await using server = await startTestServer({ engine });
    const { running } = createAgents(server);
    for (const [update, failureReason, exitCode] of [
      [{ failure_reason: 'script_failure', exit_code: 3 }, 'script_failure', 3],
      [{ failure_reason: 'runner_system_failure' }, 'runner_system_failure', null],
      [{ failure_reason: 'job_execution_timeout' }, 'job_execution_timeout', null],
      [{ failure_reason: 'image_pull_failure' }, 'image_pull_failure', null],
      [{ failure_reason: 'runner_interrupted' }, 'runner_interrupted', null],
      [{ failure_reason: 'unmet_prerequisites' }, 'unmet_prerequisites', null],
      [{ failure_reason: 'no_such_reason' }, 'unknown_failure', null],
      [{}, 'unknown_failure', null],
      [{ failure_reason: 'script_failure', exit_code: -1 }, 'script_failure', 0],
      [{ failure_reason: 'script_failure', exit_code: 3_221_225_786 }, 'script_failure', 32_767],
    ] as [Partial<JobUpdate>, string, number | null][]) {
      const { agent, job, made, project } = await running();
      expect((await agent.update(job, 'failed', update)).status).toBe(200);
      expect(await made.job('work')).toMatchObject({ status: 'failed', failureReason, exitCode });
      expect((await server.root.get(`/projects/${project.id}/jobs/${job.id}`)).body).toMatchObject({ failure_reason: failureReason });
      const late = await agent.update(job, 'failed');
      expect([late.status, late.headers['job-status']]).toEqual([403, 'failed']);
    }
  });

  it('refuses an unknown state or a missing token, and changes nothing', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, made } = await createAgents(server).running();
    for (const state of ['canceled', 'odd', ''] as unknown as JobUpdate['state'][]) {
      const refused = await agent.update(job, state, { trace: 'x' });
      expect([refused.status, refused.body]).toEqual([400, { error: 'state does not have a valid value' }]);
    }
    expect((await agent.update(job, 'pending')).status).toBe(400);
    const missing = await server.api.put(`/jobs/${job.id}`, { json: { state: 'success' }, headers: { 'JOB-TOKEN': job.token } });
    expect([missing.status, missing.body]).toEqual([400, { error: 'token is missing' }]);
    expect(await made.job('work')).toMatchObject({ status: 'running', updatedAt: expect.any(Number) });
    expect(server.baton.app.logs.size(job.id)).toBe(0);
  });

  it('is 403, never 404, for whoever has not the job', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, made, project } = await createAgents(server).running();
    const wrong = [
      await agent.update({ ...job, token: 'wrong' }, 'success'),
      await agent.update({ ...job, token: '' }, 'success'),
      await agent.update({ ...job, id: 999_999 }, 'success'),
    ];
    for (const answer of wrong) expect([answer.status, answer.body]).toEqual([403, { message: '403 Forbidden' }]);
    expect(wrong[2]?.headers['job-status']).toBeUndefined();
    // The parameter counts, not the header.
    const headers = { 'JOB-TOKEN': job.token };
    expect((await server.api.put(`/jobs/${job.id}`, { json: { token: 'wrong', state: 'success' }, headers })).status).toBe(403);
    expect((await made.job('work')).status).toBe('running');
    await server.root.delete(`/projects/${project.id}/pipelines/${made.pipeline.id}`);
    expect((await agent.update(job, 'success')).status).toBe(403);
  });

  it('takes forms and query parameters', async () => {
    await using server = await startTestServer({ engine });
    const { job, made } = await createAgents(server).running();
    const form = { token: job.token, state: 'running', 'output[checksum]': 'crc32:00000000', 'output[bytesize]': '0' };
    expect((await server.api.put(`/jobs/${job.id}`, { form })).status).toBe(200);
    expect((await server.api.put(`/jobs/${job.id}`, { query: { token: job.token, state: 'running' } })).status).toBe(200);
    const multipart = { token: job.token, state: 'failed', failure_reason: 'script_failure', exit_code: '7' };
    expect((await server.api.put(`/jobs/${job.id}`, { multipart })).status).toBe(200);
    expect(await made.job('work')).toMatchObject({ status: 'failed', exitCode: 7 });
  });

  it('lets only one of many final updates take effect', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, made } = await createAgents(server).running();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => agent.update(job, index % 2 === 0 ? 'success' : 'failed')));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    const { status } = await made.job('work');
    for (const answer of answers.filter((one) => one.status !== 200)) {
      expect([answer.status, answer.headers['job-status']]).toEqual([403, status]);
    }
  });
});
