import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as open } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createClient } from '../../test/harness/client.ts';
import { FakeRunner } from '../../test/harness/fake-runner.ts';
import { freePort } from '../../test/harness/free-port.ts';
import { startServerProcess } from '../../test/harness/server-process.ts';
import { until } from '../../test/harness/until.ts';

const mebibyte = 1024 * 1024;

/** A server in a process of its own with one running job. */
async function start() {
  const data = mkdtempSync(join(tmpdir(), 'baton-memory-'));
  const env = { BATON_ROOT_TOKEN: 'glpat-root-of-this-test-00', BATON_REGISTRATION_TOKEN: 'register-here-with-this-one' };
  const server = await startServerProcess({ data, port: await freePort(), env });
  const root = createClient(`${server.url}/api/v4`).as(env.BATON_ROOT_TOKEN);
  const { body: project } = await root.post('/projects', { json: { name: 'large' } });
  const actions = [{ action: 'create', file_path: '.gitlab-ci.yml', content: 'work: { script: [make] }' }];
  await root.post(`/projects/${project.id}/repository/commits`, { json: { branch: 'main', commit_message: 'Start', actions } });
  await root.put('/application/settings', { json: { max_artifacts_size: 300, max_log_size: 300 } });
  const agent = await FakeRunner.register(server.url, { token: env.BATON_REGISTRATION_TOKEN });
  const job = await until(async () => (await agent.request()).job);
  return {
    url: server.url,
    agent,
    job,
    /** The most memory that the process ever had resident, in bytes. */
    peak: () => 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]),
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Sends a large body in pieces and gives the status of the answer. */
async function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  [head, size, tail]: [string, number, string],
): Promise<number | undefined> {
  const call = open(url, { method, headers });
  const response = once(call, 'response');
  const chunk = Buffer.alloc(mebibyte, 'x');
  call.write(head);
  for (let sent = 0; sent < size; sent += 1) if (!call.write(chunk)) await once(call, 'drain');
  call.end(tail);
  const [{ statusCode }] = (await response) as [{ statusCode?: number }];
  return statusCode;
}

it.skipIf(process.platform !== 'linux')(
  'bodies of 128 MiB take little memory: artifacts, and logs of old agents',
  { timeout: 60_000 },
  async () => {
    await using server = await start();
    const { url, job } = server;
    // What grows is buffers that wait for the garbage collector: 50 to 70 MiB, whatever the size.
    const before = server.peak();
    const headers = { 'JOB-TOKEN': job.token };
    const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n';
    const multipart = { ...headers, 'Content-Type': 'multipart/form-data; boundary=b' };
    expect(await send(`${url}/api/v4/jobs/${job.id}/artifacts`, 'POST', multipart, [head, 128, '\r\n--b--\r\n'])).toBe(201);
    expect(server.peak() - before).toBeLessThan(96 * mebibyte);
    const log = { ...headers, 'Content-Type': 'text/plain', 'Content-Range': '0-0' };
    expect(await send(`${url}/api/v4/jobs/${job.id}/trace`, 'PATCH', log, ['', 128, ''])).toBe(202);
    expect(server.peak() - before).toBeLessThan(96 * mebibyte);
  },
);
