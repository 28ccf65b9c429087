import { once } from 'node:events';
import { request as open, type ClientRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import { until } from '../../test/harness/until.ts';
import { artifactsOfJobs } from '../artifacts/store.ts';

function call(server: TestServer, method: string, path: string, headers: Record<string, string>): ClientRequest {
  const request = open(`${server.url}/api/v4${path}`, { method, headers });
  request.on('error', () => undefined);
  request.flushHeaders();
  return request;
}

async function statusOf(request: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(request, 'response')) as [{ statusCode?: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

/** Writes a little from time to time until the other side has had enough. */
function drip(request: ClientRequest, text: string): void {
  const timer = setInterval(() => request.write(text), 5);
  request.once('close', () => clearInterval(timer));
}

const multipart = { 'Content-Type': 'multipart/form-data; boundary=b' };
const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n';

async function start(engine: (typeof engines)[number], patience: { idleMs?: number; wholeMs?: number }) {
  const server = await startTestServer({ engine });
  server.baton.app.bodyPatience = { idleMs: 60_000, wholeMs: 60_000, ...patience };
  return { server, ...(await createAgents(server).running()), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe.each(engines)('bodies that do not end on %s', (engine) => {
  it('of a log that goes silent are answered, and what had come is kept', async () => {
    await using running = await start(engine, { idleMs: 300 });
    const { server, agent, job } = running;
    const patch = call(server, 'PATCH', `/jobs/${job.id}/trace`, { 'JOB-TOKEN': job.token, 'Content-Range': '0-9' });
    patch.write(Buffer.alloc(1024 * 1024, 'x'));
    expect(await statusOf(patch)).toBe(408);
    patch.destroy();
    const again = await agent.patchTrace(job, 'x', 0);
    expect(again.status).toBe(416);
    const [, at] = /^0-(\d+)$/.exec(String(again.headers['range'])) ?? [];
    expect((await agent.patchTrace(job, 'rest', Number(at))).status).toBe(202);
    expect((await running.made.job('work')).status).toBe('running');
  });

  it('of a log that trickles for ever are answered', async () => {
    await using running = await start(engine, { wholeMs: 300 });
    const { server, job } = running;
    const patch = call(server, 'PATCH', `/jobs/${job.id}/trace`, { 'JOB-TOKEN': job.token, 'Content-Range': '0-9' });
    drip(patch, 'x');
    expect(await statusOf(patch)).toBe(408);
    patch.destroy();
  });

  it.each([
    ['before its file', ''],
    ['in its file', `${head}some bytes`],
  ])('of an upload that goes silent %s are answered, and leave nothing behind', async (_, begun) => {
    await using running = await start(engine, { idleMs: 300 });
    const { server, agent, job } = running;
    const upload = call(server, 'POST', `/jobs/${job.id}/artifacts`, { 'JOB-TOKEN': job.token, ...multipart });
    upload.write(begun === '' ? '--b\r\n' : begun);
    expect(await statusOf(upload)).toBe(408);
    upload.destroy();
    expect(await artifactsOfJobs(server.baton.app.db, [job.id])).toEqual([]);
    const keys: string[] = [];
    for await (const { key } of server.baton.app.objects.list('artifacts/')) keys.push(key);
    expect(keys).toEqual([]);
    expect((await agent.uploadArtifact(job, { bytes: Buffer.from('zip') })).status).toBe(201);
  });

  it.each(['archive', 'dotenv'])('of an upload of type %s that trickles for ever are answered', async (type) => {
    await using running = await start(engine, { wholeMs: 300 });
    const { server, job } = running;
    const format = type === 'archive' ? 'zip' : 'gzip';
    const path = `/jobs/${job.id}/artifacts?artifact_type=${type}&artifact_format=${format}`;
    const upload = call(server, 'POST', path, { 'JOB-TOKEN': job.token, ...multipart });
    upload.write(head);
    drip(upload, 'x');
    expect(await statusOf(upload)).toBe(408);
    upload.destroy();
  });

  it('hold no connection up for long', async () => {
    await using running = await start(engine, { idleMs: 100 });
    const { server, job } = running;
    const patch = call(server, 'PATCH', `/jobs/${job.id}/trace`, { 'JOB-TOKEN': job.token, 'Content-Range': '0-9' });
    expect(await statusOf(patch)).toBe(408);
    await until(() => patch.socket?.destroyed === true, 'the end of the connection', 15_000);
  }, 20_000);
});
