import { describe, expect, it } from 'vitest';
import { agentVersions, createAgents } from '../../../test/harness/agents.ts';
import { engines } from '../../../test/harness/databases.ts';
import { exchange } from '../../../test/harness/runner-exchange.ts';
import { startS3Server } from '../../../test/harness/s3-server.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

const zip = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 256));

/** A pipeline whose first job has left an archive, and whose second one runs. */
async function start(server: TestServer, version?: string) {
  const { agent: make, pipeline } = createAgents(server);
  const made = await pipeline({ compile: { stageIndex: 0 }, test: { stageIndex: 1 } });
  const { agent } = await make({ project: made.project, ...(version === undefined ? {} : { version }) });
  const first = await agent.nextJob();
  const uploads = [
    { bytes: zip, filename: 'bündle.zip', expireIn: '1 week' },
    { type: 'junit', format: 'gzip', bytes: Buffer.from('gz'), filename: 'junit.xml.gz' },
  ] as const;
  const end = await agent.runJob(first, { artifacts: [...uploads] });
  expect(end.status).toBe(200);
  const job = await agent.nextJob();
  return { agent, first, job, made, project: made.project };
}

describe.each(engines)('GET /jobs/:id/artifacts on %s', (engine) => {
  it.each(agentVersions)('gives an agent %s the archives of earlier jobs', async (version) => {
    await using server = await startTestServer({ engine });
    const { agent, first, job } = await start(server, version);
    expect(job.dependencies).toEqual([
      { id: first.id, name: 'compile', token: job.token, artifacts_file: { filename: 'bündle.zip', size: zip.length } },
    ]);
    const archive = await agent.downloadArtifact(job.dependencies[0]!);
    expect([archive.status, archive.headers['content-type'], archive.headers['content-length']]).toEqual([
      200,
      'application/zip',
      String(zip.length),
    ]);
    expect(archive.headers['content-disposition']).toBe(`attachment; filename="b_ndle.zip"; filename*=UTF-8''b%C3%BCndle.zip`);
    expect(archive.bytes.equals(zip)).toBe(true);
  });

  it('takes the token as a parameter, and its own archive counts too', async () => {
    await using server = await startTestServer({ engine });
    const { agent, first, job } = await start(server);
    expect((await server.api.get(`/jobs/${first.id}/artifacts`, { query: { token: job.token } })).status).toBe(200);
    expect((await agent.downloadArtifact(job)).status).toBe(404);
    await agent.uploadArtifact(job, { bytes: zip });
    expect((await agent.downloadArtifact(job)).status).toBe(200);
  });

  it('sends the agent that asks for it to the object store, which knows nothing of its token', async () => {
    await using store = await startS3Server();
    await using server = await startTestServer({ engine, settings: { objectsUrl: store.url } });
    const { first, job } = await start(server);
    const get = (query: string) =>
      exchange(server.url, { method: 'GET', path: `/jobs/${first.id}/artifacts${query}`, headers: { 'JOB-TOKEN': job.token } });
    const direct = await get('?direct_download=true');
    expect([direct.status, direct.bytes.length]).toEqual([302, 0]);
    const there = await fetch(direct.headers.location ?? '', { headers: { 'JOB-TOKEN': job.token } });
    expect(Buffer.from(await there.arrayBuffer()).equals(zip)).toBe(true);
    // On retries the agent does not ask for it.
    for (const query of ['', '?direct_download=false']) expect((await get(query)).bytes.equals(zip)).toBe(true);
  });

  it('is 404 without an archive, and when it has expired or was erased', async () => {
    await using server = await startTestServer({ engine });
    const { agent, first, job, project } = await start(server);
    server.clock.advance(7 * 24 * 60 * 60_000 - 1);
    expect((await agent.downloadArtifact({ id: first.id, token: job.token })).status).toBe(200);
    server.clock.advance(1);
    expect((await agent.downloadArtifact({ id: first.id, token: job.token })).status).toBe(404);
    expect((await server.root.post(`/projects/${project.id}/jobs/${first.id}/artifacts/keep`)).status).toBe(200);
    expect((await agent.downloadArtifact({ id: first.id, token: job.token })).status).toBe(200);
    expect((await server.root.post(`/projects/${project.id}/jobs/${first.id}/erase`)).status).toBe(201);
    expect((await agent.downloadArtifact({ id: first.id, token: job.token })).status).toBe(404);
  });

  it('is 403 for an unknown job, 401 for a token that is over', async () => {
    await using server = await startTestServer({ engine });
    const { agent, first, job } = await start(server);
    expect((await agent.downloadArtifact({ id: 999_999, token: job.token })).status).toBe(403);
    expect((await server.api.get(`/jobs/${first.id}/artifacts`)).status).toBe(401);
    expect((await server.root.get(`/jobs/${first.id}/artifacts`)).status).toBe(403);
    for (const token of [first.token, 'wrong']) expect((await agent.downloadArtifact({ id: first.id, token })).status).toBe(401);
    await agent.update(job, 'success');
    expect((await agent.downloadArtifact({ id: first.id, token: job.token })).status).toBe(401);
  });

  it('serves jobs of other projects as far as their user may read them', async () => {
    await using server = await startTestServer({ engine });
    const { agent, first, project } = await start(server);
    const { agent: make, pipeline } = createAgents(server);
    const person = await server.build.person();
    const own = await server.build.project({ owner: person });
    await pipeline({ work: {} }, { project: own, userId: person.user.id });
    const theirs = await (await make({ project: own })).agent.nextJob();
    expect((await agent.downloadArtifact({ id: first.id, token: theirs.token })).status).toBe(403);
    await server.build.member({ project }, 'reporter', person);
    expect((await agent.downloadArtifact({ id: first.id, token: theirs.token })).status).toBe(200);
  });
});
