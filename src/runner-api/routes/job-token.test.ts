import { describe, expect, it } from 'vitest';
import { createAgents } from '../../../test/harness/agents.ts';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer } from '../../../test/harness/server.ts';

describe.each(engines)('what the token of a job opens on %s', (engine) => {
  it('is its own job, by every way to send it, while it runs', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running();
    const ways = [
      { headers: { 'JOB-TOKEN': job.token } },
      { headers: { Authorization: `Bearer ${job.token}` } },
      { query: { job_token: job.token } },
    ];
    for (const way of ways) {
      for (const path of ['/job', '/job/allowed_agents']) expect((await server.api.get(path, way)).status).toBe(200);
    }
    expect((await server.api.get('/job', ways[0])).body).toMatchObject({ id: job.id, name: 'work', status: 'running' });
    for (const path of ['/job', '/job/allowed_agents']) {
      expect((await server.api.get(path)).status).toBe(401);
      expect((await server.api.get(path, { headers: { 'JOB-TOKEN': 'glcbt-wrong' } })).status).toBe(401);
      expect((await server.api.get(path, { headers: { 'PRIVATE-TOKEN': job.token } })).status).toBe(401);
      expect(await server.root.get(path)).toMatchObject({ status: 404, body: { message: '404 Job Not Found' } });
    }
    await agent.update(job, 'success');
    for (const way of ways) expect((await server.api.get('/job/allowed_agents', way)).status).toBe(401);
  });

  it('is told with the groups of the project and the roles of the user', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const top = await server.build.group();
    const group = await server.build.group({ parent: top });
    const project = await server.build.project({ group });
    const { user } = await server.build.member({ group: top }, 'developer');
    const made = await pipeline({ work: {} }, { project, userId: user.id });
    const job = await (await make()).agent.nextJob();
    const { body } = await server.api.get('/job/allowed_agents', { headers: { 'JOB-TOKEN': job.token } });
    expect(body).toEqual({
      allowed_agents: [],
      job: { id: job.id },
      pipeline: { id: made.pipeline.id },
      project: { id: project.id, groups: expect.arrayContaining([{ id: group.id }, { id: top.id }]) },
      user: { id: user.id, username: user.username, roles_in_project: ['guest', 'reporter', 'developer'] },
    });
    expect(body.project.groups).toHaveLength(2);
  });

  it('tells that there is no environment to take the job up in again', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running();
    const ask = (id: number, token: string) => server.api.get(`/jobs/${id}/runtime_environment_key`, { headers: { 'JOB-TOKEN': token } });
    expect(await ask(job.id, job.token)).toMatchObject({ status: 404, body: { message: '404 Runtime Environment Key Not Found' } });
    expect((await ask(job.id, 'wrong')).status).toBe(403);
    expect((await ask(999_999, job.token)).status).toBe(403);
    await agent.update(job, 'success');
    expect((await ask(job.id, job.token)).status).toBe(403);
  });

  it('outlives the token of the runner, which agents exchange by themselves', async () => {
    await using server = await startTestServer({ engine });
    await server.root.put('/application/settings', { json: { project_runner_token_expiration_interval: 7200 } });
    const { agent, job, made } = await createAgents(server).running();
    server.clock.advance(5400 * 1000);
    const reset = await agent.resetToken();
    expect(reset).toMatchObject({ status: 201, body: { token_expires_at: new Date(server.clock.now() + 7_200_000).toISOString() } });
    expect((await agent.request()).status).toBe(403);
    expect((await agent.patchTrace(job, 'still here\n', 0)).status).toBe(202);
    expect((await agent.uploadArtifact(job, { bytes: Buffer.from('zip') })).status).toBe(201);
    // The new token has expired as well by then: only the runner's own calls are refused.
    server.clock.advance(7200 * 1000);
    expect((await agent.update(job, 'success')).status).toBe(200);
    expect((await made.job('work')).status).toBe('success');
  });

  it('is nothing that only users may do', async () => {
    await using server = await startTestServer({ engine });
    const { job, project } = await createAgents(server).running();
    const api = server.api.with({ 'JOB-TOKEN': job.token });
    for (const path of ['/user', '/runners', `/projects/${project.id}/jobs/${job.id}`, `/projects/${project.id}/variables`]) {
      expect((await api.get(path)).status).toBeGreaterThanOrEqual(401);
    }
    expect((await api.delete(`/projects/${project.id}/jobs/${job.id}/artifacts`)).status).toBe(401);
  });
});
