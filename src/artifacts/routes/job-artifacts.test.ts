import { describe, expect, it } from 'vitest';
import { createAgents } from '../../../test/harness/agents.ts';
import { engines, type Engine } from '../../../test/harness/databases.ts';
import { startTestServer } from '../../../test/harness/server.ts';
import type { Visibility } from '../../namespaces/namespace.ts';

const zip = Buffer.from('PK archive');

/** A project with a finished job that has left an archive. */
async function start(engine: Engine, visibility: Visibility = 'private') {
  const server = await startTestServer({ engine });
  const project = await server.build.project({ visibility });
  const agents = createAgents(server);
  const finished = async (ref = 'main', bytes = zip, query = '') => {
    const made = await agents.pipeline({ work: {} }, { project, ref });
    const { agent } = await agents.agent({ project });
    const job = await agent.nextJob();
    const form = new FormData();
    form.append('file', new Blob([Uint8Array.from(bytes)]), 'a.zip');
    const uploaded = await server.api.post(`/jobs/${job.id}/artifacts${query}`, { multipart: form, headers: { 'JOB-TOKEN': job.token } });
    expect(uploaded.status).toBe(201);
    await agent.update(job, 'success');
    return { job, made };
  };
  return { server, project, finished, path: (jobId: number) => `/projects/${project.id}/jobs/${jobId}/artifacts` };
}

describe.each(engines)('archives of jobs for users on %s', (engine) => {
  it('are read by members, without public jobs from reporters on', async () => {
    const { server, project, finished, path } = await start(engine);
    await using _ = server;
    const { job } = await finished();
    const statusFor = async (level: 'guest' | 'reporter' | 'developer') =>
      (await (await server.build.member({ project }, level)).api.get(path(job.id))).status;
    expect(await statusFor('guest')).toBe(200);
    await server.root.put(`/projects/${project.id}`, { json: { public_jobs: false } });
    expect(await statusFor('guest')).toBe(403);
    expect(await statusFor('reporter')).toBe(200);
    expect(await statusFor('developer')).toBe(200);
    expect((await (await server.build.person()).api.get(path(job.id))).status).toBe(404);
    expect((await server.api.get(path(job.id))).status).toBe(404);
    const archive = await server.root.get(path(job.id));
    expect([archive.headers.get('content-type'), archive.headers.get('content-disposition')]).toEqual([
      'application/zip',
      `attachment; filename="a.zip"; filename*=UTF-8''a.zip`,
    ]);
    expect(archive.bytes.equals(zip)).toBe(true);
    const head = await server.root.call('HEAD', path(job.id));
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
  });

  it('are open in public projects, unless they were uploaded as private', async () => {
    const { server, project, finished, path } = await start(engine, 'public');
    await using _ = server;
    const open = await finished();
    const closed = await finished('main', zip, '?accessibility=private');
    const reporter = await server.build.member({ project }, 'reporter');
    const developer = await server.build.member({ project }, 'developer');
    const statuses = async (jobId: number) =>
      Promise.all([server.api, reporter.api, developer.api].map(async (api) => (await api.get(path(jobId))).status));
    expect(await statuses(open.job.id)).toEqual([200, 200, 200]);
    expect(await statuses(closed.job.id)).toEqual([403, 403, 200]);
  });

  it('are found by branch and name of the job', async () => {
    const { server, project, finished } = await start(engine);
    await using _ = server;
    await finished('feature/x', Buffer.from('old'));
    await finished('feature/x', Buffer.from('new'));
    await finished('main', Buffer.from('main'));
    const latest = (ref: string, query: Record<string, string> = { job: 'work' }) =>
      server.root.get(`/projects/${project.id}/jobs/artifacts/${encodeURIComponent(ref)}/download`, { query });
    expect((await latest('feature/x')).bytes.toString()).toBe('new');
    expect((await latest('main')).bytes.toString()).toBe('main');
    expect((await latest('other')).status).toBe(404);
    expect((await latest('main', { job: 'other' })).status).toBe(404);
    expect(await latest('main', {})).toMatchObject({ status: 400, body: { error: 'job is missing' } });
  });

  it('are read with the token of a running job', async () => {
    const { server, project, finished, path } = await start(engine);
    await using _ = server;
    const { job } = await finished();
    const running = await createAgents(server).running({ project });
    const headers = { 'JOB-TOKEN': running.job.token };
    expect((await server.api.get(path(job.id), { headers })).status).toBe(200);
    expect((await server.api.get(`/projects/${project.id}/jobs/artifacts/main/download?job=work`, { headers })).status).toBe(200);
    expect((await server.api.get(path(job.id), { query: { job_token: running.job.token } })).status).toBe(200);
    expect((await server.api.get(path(job.id), { headers: { 'JOB-TOKEN': job.token } })).status).toBe(401);
  });

  it('are 404 for jobs of other projects and without an archive', async () => {
    const { server, project, finished, path } = await start(engine);
    await using _ = server;
    const { job } = await finished();
    const other = await server.build.project();
    expect((await server.root.get(`/projects/${other.id}/jobs/${job.id}/artifacts`)).status).toBe(404);
    const { job: bare } = await createAgents(server).running({ project });
    for (const id of [bare.id, 999_999]) expect((await server.root.get(path(id))).status).toBe(404);
  });

  it('are kept for ever on demand of developers', async () => {
    const { server, project, finished, path } = await start(engine);
    await using _ = server;
    const { job } = await finished();
    const reporter = await server.build.member({ project }, 'reporter');
    expect((await reporter.api.post(`${path(job.id)}/keep`)).status).toBe(403);
    const developer = await server.build.member({ project }, 'developer');
    expect(await developer.api.post(`${path(job.id)}/keep`)).toMatchObject({
      status: 200,
      body: { id: job.id, artifacts_expire_at: null },
    });
    server.clock.advance(40 * 24 * 60 * 60_000);
    expect((await server.root.get(path(job.id))).status).toBe(200);
    const { job: bare } = await createAgents(server).running({ project });
    expect((await developer.api.post(`${path(bare.id)}/keep`)).status).toBe(404);
  });

  it('are removed on demand of maintainers, with their bytes', async () => {
    const { server, project, finished, path } = await start(engine);
    await using _ = server;
    const { job } = await finished();
    const developer = await server.build.member({ project }, 'developer');
    expect((await developer.api.delete(path(job.id))).status).toBe(403);
    const maintainer = await server.build.member({ project }, 'maintainer');
    const removed = await maintainer.api.delete(path(job.id));
    expect([removed.status, removed.bytes.length]).toEqual([204, 0]);
    expect((await server.root.get(path(job.id))).status).toBe(404);
    for await (const object of server.baton.app.objects.list('artifacts/')) expect(object).toBeUndefined();
    expect((await server.root.get(`/projects/${project.id}/jobs/${job.id}`)).body).toMatchObject({
      artifacts: [],
      artifacts_expire_at: null,
    });
    expect((await maintainer.api.delete(path(999_999))).status).toBe(404);
  });
});
