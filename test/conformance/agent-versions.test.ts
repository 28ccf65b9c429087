import { describe, expect, it } from 'vitest';
import { createAgents } from '../harness/agents.ts';
import { engines } from '../harness/databases.ts';
import { startTestServer } from '../harness/server.ts';

/*
 * What differs between versions of the agent (runner protocol 16) and is proven nowhere else. The agents are simulated; docs/dev/runner-protocol-proofs.md
 * says for every row where its proof is.
 */
describe.each(engines)('simulated agents on %s', (engine) => {
  it('from 17.11 on send their tokens in headers too, and those in the body count', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, made } = await createAgents(server).running({ version: '17.11.0' });
    const verify = (token: string, header: string) =>
      server.api.post('/runners/verify', { json: { token }, headers: { 'RUNNER-TOKEN': header } });
    expect([(await verify(agent.token, agent.token)).status, (await verify(agent.token, 'other')).status]).toEqual([200, 200]);
    expect((await verify('other', agent.token)).status).toBe(403);
    const update = (token: string, header: string) =>
      server.api.put(`/jobs/${job.id}`, { json: { token, state: 'running' }, headers: { 'JOB-TOKEN': header } });
    expect([(await update(job.token, job.token)).status, (await update(job.token, 'other')).status]).toEqual([200, 200]);
    expect((await update('other', job.token)).status).toBe(403);
    expect((await agent.update(job, 'success')).status).toBe(200);
    expect((await made.job('work')).status).toBe('success');
  });

  it('from 18.1 on find the id of their request in the answer', async () => {
    await using server = await startTestServer({ engine });
    const { agent } = await createAgents(server).agent({ version: '18.1.0' });
    expect((await agent.request()).headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('from 19.1 on give reasons of their own, which are kept, and older servers’ words for them are known', async () => {
    await using server = await startTestServer({ engine });
    const agents = createAgents(server);
    for (const reason of ['runner_interrupted', 'runner_configuration_error', 'runner_external_dependency_failure', 'image_pull_failure']) {
      const { agent, job, made } = await agents.running({ version: '19.1.0' });
      expect(job.features.failure_reasons).toContain(reason);
      await agent.update(job, 'failed', { failure_reason: reason });
      expect((await made.job('work')).failureReason).toBe(reason);
    }
  });

  it('from 19.3 on tell with verify what they can do, so that their first job can be stopped gracefully', async () => {
    await using server = await startTestServer({ engine });
    const { agent, runnerId } = await createAgents(server).agent({ version: '19.3.0' });
    expect((await agent.verify()).status).toBe(200);
    const managers = (await server.root.get(`/runners/${runnerId}/managers`)).body as { system_id: string; version: string }[];
    expect(managers).toMatchObject([{ system_id: agent.systemId, version: '19.3.0' }]);
    const stored = await server.baton.app.db.selectFrom('runner_managers').select('features').executeTakeFirstOrThrow();
    expect(JSON.parse(stored.features)).toMatchObject({ cancel_gracefully: true, two_phase_job_commit: true });
  });

  it('up to 14.10 register with active, later ones with paused', async () => {
    await using server = await startTestServer({ engine });
    for (const paused of [{ active: false }, { paused: true }]) {
      const made = await server.api.post('/runners', { json: { token: server.registrationToken, ...paused } });
      const { id } = made.body as { id: unknown; token_expires_at: unknown };
      // A number, and null instead of a missing time: agents from 15.3 on read both.
      expect(made.body).toMatchObject({ id: expect.any(Number) as number, token_expires_at: null });
      expect((await server.root.get(`/runners/${String(id)}`)).body).toMatchObject({ active: false, paused: true });
    }
  });
});
