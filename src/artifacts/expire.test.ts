import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import { expireArtifacts } from './expire.ts';
import { artifactsOfJobs } from './store.ts';

const hour = 60 * 60_000;
const junit = { type: 'junit', format: 'gzip' } as const;

async function keysOf(server: TestServer): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of server.baton.app.objects.list('artifacts/')) keys.push(key);
  return keys;
}

describe.each(engines)('artifacts whose time is over on %s', (engine) => {
  it('go with their bytes, and leave the job and all others', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const { agent, job, project, made } = await createAgents(server).running();
    await agent.uploadArtifact(job, { bytes: Buffer.from('brief'), expireIn: '1 hour' });
    await agent.uploadArtifact(job, { ...junit, bytes: Buffer.from('longer'), expireIn: '2 hours' });
    await agent.uploadArtifact(job, { ...junit, type: 'metrics', bytes: Buffer.from('for ever'), expireIn: 'never' });
    await agent.update(job, 'success');
    const sweep = () => expireArtifacts(app, server.clock.now(), 10);
    const left = async () => (await artifactsOfJobs(app.db, [job.id])).map((one) => one.fileType);
    server.clock.advance(hour);
    // It cannot be fetched any more, and its bytes follow a little later.
    expect([await sweep(), (await keysOf(server)).length]).toEqual([0, 3]);
    expect((await server.root.get(`/projects/${project.id}/jobs/${job.id}/artifacts`)).status).toBe(404);
    server.clock.advance(60_000);
    expect([await sweep(), (await keysOf(server)).length, await left()]).toEqual([1, 2, ['junit', 'metrics']]);
    server.clock.advance(100 * 365 * 24 * hour);
    expect([await sweep(), (await keysOf(server)).length, await left()]).toEqual([1, 1, ['metrics']]);
    expect(await sweep()).toBe(0);
    expect(await made.job('work')).toMatchObject({ status: 'success' });
  });

  it('go a few at a time, the longest expired first, and those stay that somebody keeps', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make();
    const { project } = await pipeline({ a: {}, b: {}, c: {}, d: {} });
    const ids: number[] = [];
    for (const expireIn of ['3 hours', '1 hour', '2 hours', '1 hour']) {
      const job = await agent.nextJob();
      await agent.runJob(job, { artifacts: [{ bytes: Buffer.from('zip'), expireIn }] });
      ids.push(job.id);
    }
    const keep = () => server.root.post(`/projects/${project.id}/jobs/${ids[3]}/artifacts/keep`);
    expect((await keep()).status).toBe(200);
    server.clock.advance(24 * hour);
    expect(await expireArtifacts(app, server.clock.now(), 2)).toBe(2);
    expect((await artifactsOfJobs(app.db, ids)).map((one) => one.jobId)).toEqual([ids[0], ids[3]]);
    // What has expired does not come back.
    expect((await server.root.post(`/projects/${project.id}/jobs/${ids[0]}/artifacts/keep`)).status).toBe(404);
    expect(await expireArtifacts(app, server.clock.now(), 2)).toBe(1);
    expect((await server.root.get(`/projects/${project.id}/jobs/${ids[3]}/artifacts`)).status).toBe(200);
  });

  it('are tried again when the object store does not answer', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const { agent, job } = await createAgents(server).running();
    await agent.uploadArtifact(job, { bytes: Buffer.from('zip'), expireIn: '1 hour' });
    server.clock.advance(2 * hour);
    const broken = { ...app, objects: { ...app.objects, delete: () => Promise.reject(new Error('away')) } };
    expect(await expireArtifacts(broken, server.clock.now(), 10)).toBe(0);
    expect([(await keysOf(server)).length, (await artifactsOfJobs(app.db, [job.id])).length]).toEqual([1, 1]);
    expect(await expireArtifacts(app, server.clock.now(), 10)).toBe(1);
    expect([await keysOf(server), await artifactsOfJobs(app.db, [job.id])]).toEqual([[], []]);
  });
});
