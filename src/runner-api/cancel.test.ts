import { describe, expect, it } from 'vitest';
import { agentVersions, createAgents, type RunningJob } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';

function cancel(server: TestServer, { project, job }: RunningJob, query = ''): Promise<{ status: number }> {
  return server.root.post(`/projects/${project.id}/jobs/${job.id}/cancel${query}`);
}

const graceful = agentVersions.filter((version) => Number(version.split('.')[0]) >= 17);
const hard = agentVersions.filter((version) => !graceful.includes(version));

describe.each(engines)('cancelling a job on %s', (engine) => {
  it.each(hard)('stops an agent %s at once', async (version) => {
    await using server = await startTestServer({ engine });
    const running = await createAgents(server).running({ version });
    const { agent, job, made } = running;
    await agent.patchTrace(job, 'working', 0);
    expect((await cancel(server, running)).status).toBe(201);
    expect((await made.job('work')).status).toBe('canceled');
    const answers = [
      await agent.patchTrace(job, '...', 7),
      await agent.update(job, 'running'),
      await agent.uploadArtifact(job, { bytes: Buffer.from('zip') }),
      await agent.update(job, 'failed', { failure_reason: 'job_canceled' }),
    ];
    for (const answer of answers) expect([answer.status, answer.headers['job-status']]).toEqual([403, 'canceled']);
    expect(await made.job('work')).toMatchObject({ status: 'canceled', failureReason: null });
    expect((await server.root.get(`/projects/${running.project.id}/jobs/${job.id}/trace`)).body).toBe('working');
  });

  it.each(graceful)('lets an agent %s come to an end', async (version) => {
    await using server = await startTestServer({ engine });
    const running = await createAgents(server).running({ version });
    const { agent, job, made } = running;
    await agent.patchTrace(job, 'working', 0);
    await cancel(server, running);
    expect((await made.job('work')).status).toBe('canceling');
    const told = [await agent.patchTrace(job, '...', 7), await agent.update(job, 'running')];
    expect(told.map((answer) => [answer.status, answer.headers['job-status']])).toEqual([
      [202, 'canceling'],
      [200, 'canceling'],
    ]);
    // after_script still reads and writes with the token.
    expect((await agent.uploadArtifact(job, { bytes: Buffer.from('zip') })).status).toBe(201);
    expect((await agent.downloadArtifact(job)).status).toBe(200);
    expect((await agent.update(job, 'failed', { failure_reason: 'script_failure', exit_code: 1 })).status).toBe(200);
    expect(await made.job('work')).toMatchObject({ status: 'canceled', failureReason: null });
    const late = await agent.update(job, 'failed');
    expect([late.status, late.headers['job-status']]).toEqual([403, 'canceled']);
  });

  it('makes a success of a canceling job a canceled one', async () => {
    await using server = await startTestServer({ engine });
    const running = await createAgents(server).running();
    await cancel(server, running);
    expect((await running.agent.update(running.job, 'success')).status).toBe(200);
    expect((await running.made.job('work')).status).toBe('canceled');
  });

  it('goes by the flag of the request that got the job', async () => {
    await using server = await startTestServer({ engine });
    const running = await createAgents(server).running({ features: { cancel_gracefully: false } });
    await cancel(server, running);
    expect((await running.made.job('work')).status).toBe('canceled');
  });

  it('can be forced, and then is hard', async () => {
    await using server = await startTestServer({ engine });
    const running = await createAgents(server).running();
    const { agent, job, made } = running;
    await cancel(server, running);
    expect((await cancel(server, running, '?force=true')).status).toBe(201);
    expect((await made.job('work')).status).toBe('canceled');
    const told = await agent.patchTrace(job, 'x', 0);
    expect([told.status, told.headers['job-status']]).toEqual([403, 'canceled']);
  });

  it('never hands out a job that was canceled before', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const made = await pipeline({ work: {} });
    const { agent } = await make();
    await server.root.post(`/projects/${made.project.id}/pipelines/${made.pipeline.id}/cancel`);
    expect((await agent.request()).status).toBe(204);
    expect(await made.statuses()).toEqual({ work: 'canceled' });
  });
});
