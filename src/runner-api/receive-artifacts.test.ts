import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request as open, type ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import { until } from '../../test/harness/until.ts';
import { artifactsOfJobs } from '../artifacts/store.ts';
import type { JobPayload } from './wire.ts';

const mebibyte = 1024 * 1024;
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'baton-objects-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Files in the object store, whole ones and those that are being written. */
function files(): { whole: string[]; unfinished: string[] } {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const isUnfinished = (entry: { parentPath: string }) => entry.parentPath.endsWith('.unfinished');
  const names = (list: typeof all) => list.map((entry) => join(entry.parentPath, entry.name));
  return { whole: names(all.filter((entry) => !isUnfinished(entry))), unfinished: names(all.filter(isUnfinished)) };
}

/** The beginning of an upload: everything before the bytes of the file. */
function begin(server: TestServer, job: JobPayload): ClientRequest {
  const upload = open(`${server.url}/api/v4/jobs/${job.id}/artifacts`, {
    method: 'POST',
    headers: { 'JOB-TOKEN': job.token, 'Content-Type': 'multipart/form-data; boundary=b' },
  });
  upload.on('error', () => undefined);
  upload.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\nContent-Type: application/octet-stream\r\n\r\n');
  return upload;
}

async function statusOf(upload: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(upload, 'response')) as [{ statusCode?: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

describe.each(engines)('an upload on %s', (engine) => {
  const start = () => startTestServer({ engine, settings: { objectsUrl: `file:${folder}` } });

  it('leaves nothing behind when its agent hangs up', async () => {
    await using server = await start();
    const { agent, job } = await createAgents(server).running();
    const upload = begin(server, job);
    upload.write(Buffer.alloc(mebibyte));
    await until(() => files().unfinished.length === 1, 'the file that is being written');
    upload.destroy();
    await until(() => files().unfinished.length === 0, 'its removal');
    expect(files().whole).toEqual([]);
    expect(await artifactsOfJobs(server.baton.app.db, [job.id])).toEqual([]);
    expect((await agent.uploadArtifact(job, { bytes: Buffer.from('again') })).status).toBe(201);
  });

  it('leaves nothing behind when it ends too early', async () => {
    await using server = await start();
    const { job } = await createAgents(server).running();
    const upload = begin(server, job);
    upload.end('no end of the part');
    expect(await statusOf(upload)).toBe(400);
    expect(files()).toEqual({ whole: [], unfinished: [] });
    expect(await artifactsOfJobs(server.baton.app.db, [job.id])).toEqual([]);
  });

  it('leaves nothing behind when its job ends meanwhile', async () => {
    await using server = await start();
    const { agent, job } = await createAgents(server).running();
    const upload = begin(server, job);
    const status = statusOf(upload);
    upload.write(Buffer.alloc(mebibyte));
    await until(() => files().unfinished.length === 1);
    await agent.update(job, 'failed');
    upload.end('\r\n--b--\r\n');
    expect(await status).toBe(403);
    expect(files()).toEqual({ whole: [], unfinished: [] });
  });

  it('leaves nothing behind when it cannot be noted', async () => {
    await using server = await start();
    const { agent, job } = await createAgents(server).running();
    const { app } = server.baton;
    const { write } = app;
    app.write = () => Promise.reject(new Error('the database is closed'));
    const refused = await agent.uploadArtifact(job, { bytes: Buffer.from('zip') });
    app.write = write;
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    expect(files()).toEqual({ whole: [], unfinished: [] });
  });
});
