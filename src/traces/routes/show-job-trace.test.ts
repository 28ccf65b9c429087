import { describe, expect, it } from 'vitest';
import { createAgents } from '../../../test/harness/agents.ts';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer } from '../../../test/harness/server.ts';
import { until } from '../../../test/harness/until.ts';

const log = 'größe\r\n\u001b[31mred\u001b[0m\nsection_start:1:build\r\u001b[0K';

describe.each(engines)('GET /projects/:id/jobs/:job_id/trace on %s', (engine) => {
  it('gives the log while it grows, when it has ended, and as an object', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, project } = await createAgents(server).running();
    const path = `/projects/${project.id}/jobs/${job.id}/trace`;
    const empty = await server.root.get(path);
    expect([empty.status, empty.headers.get('content-type'), empty.bytes.length]).toEqual([200, 'text/plain; charset=utf-8', 0]);
    await agent.patchTrace(job, log.slice(0, 10), 0);
    expect((await server.root.get(path)).body).toBe(log.slice(0, 10));
    await agent.patchTrace(job, log.slice(10), Buffer.byteLength(log.slice(0, 10)));
    expect((await server.root.get(path)).body).toBe(log);
    await agent.update(job, 'success');
    expect((await server.root.get(path)).body).toBe(log);
    await until(() => server.baton.app.logs.stats().logs === 0, 'the log to become an object');
    expect((await server.root.get(path)).body).toBe(log);
    const head = await server.root.call('HEAD', path);
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
    await server.root.post(`/projects/${project.id}/jobs/${job.id}/erase`);
    expect([(await server.root.get(path)).status, (await server.root.get(path)).bytes.length]).toEqual([200, 0]);
  });

  it('is read by whoever may read the jobs', async () => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    const { agent, job } = await createAgents(server).running({ project });
    await agent.patchTrace(job, 'text', 0);
    const path = `/projects/${project.id}/jobs/${job.id}/trace`;
    const people = await Promise.all((['guest', 'reporter', 'developer'] as const).map((level) => server.build.member({ project }, level)));
    const outsider = await server.build.person();
    const callers = [server.api, outsider.api, ...people.map(({ api }) => api)];
    const statuses = () => Promise.all(callers.map(async (api) => (await api.get(path)).status));
    expect(await statuses()).toEqual([404, 404, 200, 200, 200]);
    await server.root.put(`/projects/${project.id}`, { json: { public_jobs: false } });
    expect(await statuses()).toEqual([404, 404, 403, 200, 200]);
    await server.root.put(`/projects/${project.id}`, { json: { public_jobs: true, visibility: 'public' } });
    expect(await statuses()).toEqual([200, 200, 200, 200, 200]);
  });

  it('is read by developers and up when it tells everything that the shell does', async () => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project({ visibility: 'public' });
    const { agent, job } = await createAgents(server).running({ project });
    const patch = (offset: number, debug: boolean) => {
      const headers = { 'JOB-TOKEN': job.token, 'Content-Type': 'text/plain', 'Content-Range': `${offset}-${offset}` };
      return server.api.call('PATCH', `/jobs/${job.id}/trace?debug_trace=${debug}`, { headers, body: '+' });
    };
    const path = `/projects/${project.id}/jobs/${job.id}/trace`;
    const people = await Promise.all((['reporter', 'developer'] as const).map((level) => server.build.member({ project }, level)));
    const statuses = () => Promise.all([server.api, ...people.map(({ api }) => api)].map(async (api) => (await api.get(path)).status));
    expect([(await patch(0, false)).status, await statuses()]).toEqual([202, [200, 200, 200]]);
    await server.baton.app.logs.erase(job.id);
    expect([(await patch(0, true)).status, await statuses()]).toEqual([202, [403, 403, 200]]);
    // What follows does not take it back, nor does the end of the job.
    expect((await patch(1, false)).status).toBe(202);
    await agent.update(job, 'success', { output: { checksum: 'crc32:0', bytesize: 0 } });
    await agent.update(job, 'success', { output: { checksum: 'crc32:0', bytesize: 0 } });
    expect(await statuses()).toEqual([403, 403, 200]);
    expect((await server.root.get(path)).body).toBe('++');
  });

  it('is 404 for jobs of other projects and jobs that are not there', async () => {
    await using server = await startTestServer({ engine });
    const { job, project } = await createAgents(server).running();
    const other = await server.build.project();
    for (const path of [
      `/projects/${other.id}/jobs/${job.id}`,
      `/projects/${project.id}/jobs/999999`,
      `/projects/${project.id}/jobs/99999999999999999999`,
    ])
      expect((await server.root.get(`${path}/trace`)).status).toBe(404);
    expect(await server.root.get(`/projects/${project.id}/jobs/x/trace`)).toMatchObject({
      status: 400,
      body: { error: 'job_id is invalid' },
    });
  });
});
