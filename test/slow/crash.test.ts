import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createClient, type Client } from '../harness/client.ts';
import { FakeRunner } from '../harness/fake-runner.ts';
import { freePort } from '../harness/free-port.ts';
import { startServerProcess, type ServerProcess } from '../harness/server-process.ts';
import { until } from '../harness/until.ts';

/*
 * The server is killed with SIGKILL again and again while agents register and run jobs. Whatever it has acknowledged must be there
 * afterwards, and no job may be given out twice.
 */
const rootToken = 'glpat-crash-test-root-token';
const registrationToken = 'GR1348941crash-test-registration';
const registrations = 1000;
const jobs = 1000;
const jobsOfPipeline = 100;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A server that a test kills and starts again on the same data. */
async function mortalServer(): Promise<{ url: string; root: Client; restart(): Promise<void>; end(): Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'baton-crash-'));
  folders.push(data);
  const port = await freePort();
  const env = { BATON_ROOT_TOKEN: rootToken, BATON_REGISTRATION_TOKEN: registrationToken };
  let server: ServerProcess = await startServerProcess({ data, port, env });
  return {
    url: server.url,
    root: createClient(`${server.url}/api/v4`).as(rootToken),
    async restart() {
      await server.kill();
      server = await startServerProcess({ data, port, env });
    },
    async end() {
      await server.stop();
    },
  };
}

/** Repeats a call while the server is away; anything else that fails is an error of the test. */
async function insist<T extends { status: number }>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const answer = await call();
      // The port answers while the server starts, and agents come again.
      if (answer.status !== 503) return answer;
    } catch (error) {
      if (!isAway(error)) throw error;
    }
  }
}

function isAway(error: unknown): boolean {
  const codes = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];
  const chain = [error, (error as { cause?: unknown }).cause];
  return chain.some(
    (one) => codes.includes(String((one as { code?: unknown } | undefined)?.code)) || /socket hang up|other side closed/.test(String(one)),
  );
}

it('keeps every acknowledged registration', async () => {
  const server = await mortalServer();
  const acknowledged: { id: number; token: string }[] = [];
  let next = 0;
  async function registerMany(): Promise<void> {
    while (acknowledged.length < registrations) {
      const number = next++;
      const reply = await createClient(`${server.url}/api/v4`)
        .post('/runners', { json: { token: registrationToken, description: `runner ${number}`, tag_list: `t${number % 7}` } })
        .catch((error: unknown) => {
          if (!isAway(error)) throw error;
          return null;
        });
      if (reply === null || reply.status === 503) {
        // Nobody knows whether that one is there, and it may be: the next one is tried when the server is back.
        await until(
          () =>
            fetch(`${server.url}/-/health`).then(
              (answer) => answer.ok,
              () => false,
            ),
          'the server to come back',
          60_000,
        );
      } else {
        expect(reply.status).toBe(201);
        acknowledged.push(reply.body as { id: number; token: string });
      }
    }
  }
  const workers = Promise.all(Array.from({ length: 8 }, registerMany));
  for (const part of [0.2, 0.4, 0.6, 0.8]) {
    await until(() => acknowledged.length >= registrations * part, 'registrations', 120_000);
    await server.restart();
  }
  await workers;
  await server.restart();
  expect(acknowledged.length).toBeGreaterThanOrEqual(registrations);
  for (const { id, token } of acknowledged) {
    expect((await server.root.get(`/runners/${id}`)).status).toBe(200);
    const verified = await createClient(`${server.url}/api/v4`).post('/runners/verify', { json: { token } });
    expect(verified.body).toMatchObject({ id, token });
  }
  expect(new Set(acknowledged.map(({ id }) => id)).size).toBe(acknowledged.length);
  await server.end();
});

it('keeps every acknowledged job, log byte and artifact, and gives no job out twice', async () => {
  const server = await mortalServer();
  const { root } = server;
  const project = await root.post('/projects', { json: { name: 'crash', visibility: 'private' } });
  const projectId = (project.body as { id: number }).id;
  const yaml = Array.from({ length: jobsOfPipeline }, (_, index) => `job ${index}:\n  script: [work]\n  artifacts: {paths: [out]}\n`).join(
    '',
  );
  const actions = [{ action: 'create', file_path: '.gitlab-ci.yml', content: yaml }];
  const commit = await root.post(`/projects/${projectId}/repository/commits`, {
    json: { branch: 'main', commit_message: 'jobs', actions },
  });
  expect(commit.status).toBe(201);
  for (let made = jobsOfPipeline; made < jobs; made += jobsOfPipeline) {
    expect((await root.post(`/projects/${projectId}/pipeline`, { json: { ref: 'main' } })).status).toBe(201);
  }

  const given = new Map<number, number>();
  const finished = new Map<number, { state: string; log: string; artifact: Buffer }>();
  const runners = await Promise.all(
    Array.from({ length: 6 }, () => FakeRunner.register(server.url, { token: registrationToken, run_untagged: true })),
  );

  async function work(runner: FakeRunner): Promise<void> {
    // Jobs whose answer was lost in a crash stay running, so the last ones to come are fewer than all.
    for (let idle = 0; idle < 3;) {
      const answer = await insist(() => runner.request({ lastUpdate: null }));
      if (answer.job === null) {
        idle = answer.status === 204 ? idle + 1 : 0;
        continue;
      }
      idle = 0;
      const { job } = answer;
      given.set(job.id, (given.get(job.id) ?? 0) + 1);
      const log = `log of job ${job.id}\n${'x'.repeat(job.id % 500)}\n`;
      const artifact = Buffer.from(`artifact of ${job.id}`.repeat(20));
      expect((await insist(() => runner.uploadArtifact(job, { bytes: artifact }))).status).toBe(201);
      await sendLog(runner, job, log);
      const state = job.id % 5 === 0 ? 'failed' : 'success';
      const ended = await insist(() =>
        runner.update(job, state, state === 'failed' ? { failure_reason: 'script_failure', exit_code: 3 } : {}),
      );
      // 403: the update before was done, and its answer was lost in the crash.
      expect([200, 403]).toContain(ended.status);
      finished.set(job.id, { state, log, artifact });
    }
  }

  let working = true;
  const workers = Promise.all(runners.map(work)).finally(() => (working = false));
  for (let crash = 1; crash <= 6 && working; crash++) {
    const goal = finished.size + Math.floor(jobs / 8);
    await until(() => !working || finished.size >= goal, 'jobs', 120_000);
    await server.restart();
  }
  await workers;
  await server.restart();

  expect(finished.size).toBeGreaterThan(jobs * 0.95);
  expect([...given].filter(([, times]) => times > 1)).toEqual([]);
  for (const [id, { state, log, artifact }] of finished) {
    const shown = await root.get(`/projects/${projectId}/jobs/${id}`);
    expect(shown.body).toMatchObject({ id, status: state });
    expect((await root.get(`/projects/${projectId}/jobs/${id}/trace`)).body).toBe(log);
    const archive = await root.get(`/projects/${projectId}/jobs/${id}/artifacts`);
    expect(archive.bytes.equals(artifact)).toBe(true);
  }
  await server.end();
});

/** Sends a log in two parts, and goes on where the server says after a crash, as agents do. */
async function sendLog(runner: FakeRunner, job: Parameters<FakeRunner['patchTrace']>[0], log: string): Promise<void> {
  const bytes = Buffer.from(log);
  let offset = 0;
  while (offset < bytes.length) {
    const part = bytes.subarray(offset, offset + Math.ceil(bytes.length / 2));
    const from = offset;
    const answer = await insist(() => runner.patchTrace(job, part, from));
    if (answer.status === 202) offset += part.length;
    else if (answer.status === 416) offset = Number(/^0-(\d+)$/.exec(String(answer.headers['range']))?.[1]);
    else throw new Error(`a log part was answered with ${answer.status}`);
  }
}
