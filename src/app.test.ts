import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createAgents } from '../test/harness/agents.ts';
import { createClient } from '../test/harness/client.ts';
import { engines, newDatabase } from '../test/harness/databases.ts';
import { freePort } from '../test/harness/free-port.ts';
import { startServerProcess } from '../test/harness/server-process.ts';
import { startTestServer } from '../test/harness/server.ts';
import { until } from '../test/harness/until.ts';
import { systemClock } from './lib/clock.ts';

/** The first half of a log, on a connection of its own; the server is in the middle of it when the promise resolves. */
async function halfALog(url: string, job: { id: number; token: string }) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  const upload = { heard: '', closed: once(socket, 'close'), finish: () => void socket.write('world') };
  socket.on('data', (bytes) => (upload.heard += bytes.toString()));
  socket.write(
    [
      `PATCH /api/v4/jobs/${job.id}/trace HTTP/1.1`,
      'Host: a',
      `JOB-TOKEN: ${job.token}`,
      'Content-Type: text/plain',
      'Content-Range: 0-9',
      'Content-Length: 10',
      'Expect: 100-continue',
      '\r\nhello',
    ].join('\r\n'),
  );
  await until(() => upload.heard.includes('100 Continue'));
  upload.heard = '';
  return upload;
}

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Something between a server and its database that lets nothing through while it is shut. */
async function gateTo(url: string) {
  const target = new URL(url);
  const held: (() => void)[] = [];
  const sockets = new Set<Socket>();
  let state: 'holds' | 'passes' | 'refuses' = 'holds';
  const gate = createServer((near) => {
    const pass = () => {
      const far = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy()).on('close', () => to.destroy());
      }
    };
    near.on('error', () => {});
    if (state === 'holds') held.push(pass);
    else if (state === 'passes') pass();
    else near.destroy();
  }).listen(0, '127.0.0.1');
  await once(gate, 'listening');
  undo.push(() => void gate.close());
  const gated = new URL(url);
  gated.port = String((gate.address() as AddressInfo).port);
  return {
    url: gated.href,
    isWaiting: () => held.length > 0,
    open() {
      state = 'passes';
      for (const pass of held.splice(0)) pass();
    },
    /** Cuts all connections, and lets no new ones through. */
    cut() {
      state = 'refuses';
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
  };
}

describe('a start', () => {
  it('answers 503 until the database is there, then goes on', async () => {
    const database = await newDatabase('postgres');
    undo.push(() => database.remove());
    const data = mkdtempSync(join(tmpdir(), 'baton-start-'));
    undo.push(() => rmSync(data, { recursive: true, force: true }));
    const gate = await gateTo(database.url);
    const port = await freePort();
    const starting = startServerProcess({ data, port, env: { BATON_DATABASE_URL: gate.url } });
    await until(() => gate.isWaiting(), 'the start to reach for its database', 20_000);
    const api = createClient(`http://127.0.0.1:${port}/api/v4`);
    const early = await api.post('/jobs/request', { json: { token: 'glrt-x' } });
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '5']);
    gate.open();
    const server = await starting;
    undo.push(async () => void (await server.stop()));
    expect((await api.post('/jobs/request', { json: { token: 'glrt-x' } })).status).toBe(403);
  });

  it('answers 503 while the database is away, and never 403', async () => {
    const database = await newDatabase('postgres');
    undo.push(() => database.remove());
    const gate = await gateTo(database.url);
    gate.open();
    const server = await startTestServer({ settings: { databaseUrl: gate.url } });
    undo.push(() => server.stop());
    const { agent } = await createAgents(server).agent();
    expect((await agent.request()).status).toBe(204);
    gate.cut();
    expect(await agent.request()).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    const git = await createClient(server.url).get('/a/b.git/info/refs?service=git-upload-pack', {
      headers: { 'PRIVATE-TOKEN': 'glpat-x' },
    });
    expect([git.status, git.headers.get('retry-after')]).toEqual([503, '5']);
    gate.open();
    await until(async () => (await agent.request()).status === 204);
  });
});

describe.each(engines)('a stop on %s', (engine) => {
  it('lets uploads end, answers no more, and happens once', async () => {
    const server = await startTestServer({ engine });
    const { job } = await createAgents(server).running({ version: '17.9.0' });
    const upload = await halfALog(server.url, job);
    const { logs } = server.baton.app;
    const stops = [server.baton.stop(), server.baton.stop()];
    expect(logs.size(job.id)).toBe(0);
    upload.finish();
    await Promise.all([...stops, upload.closed]);
    expect(upload.heard).toMatch(/^HTTP\/1\.1 202 .*Connection: close/is);
    expect(logs.size(job.id)).toBe(10);
    await server.stop();
  });

  it('cuts off at once what it was told not to wait for', async () => {
    const server = await startTestServer({ engine });
    const { job } = await createAgents(server).running({ version: '17.9.0' });
    const upload = await halfALog(server.url, job);
    const slow = server.baton.stop();
    await Promise.all([server.baton.stop(0), slow, upload.closed]);
    expect(upload.heard).toBe('');
    await server.stop();
  });
});

it('background work of a server runs when asked for, and by itself on a real clock', async () => {
  const server = await startTestServer();
  undo.push(() => server.stop());
  const { loops } = server.baton;
  for (const { name } of loops.states()) await loops.runNow(name);
  expect(loops.states().filter(({ runs, failures }) => runs !== 1 || failures > 0)).toEqual([]);
  const real = await startTestServer({ clock: systemClock });
  undo.push(() => real.stop());
  expect(real.baton.loops.states().length).toBe(loops.states().length);
});

it('a restart ends no running job before its agent could report', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-restart-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const settings = { databaseUrl: `sqlite:${folder}/baton.db`, secretKey: 'ab'.repeat(32) };
  const first = await startTestServer({ settings });
  const { made } = await createAgents(first).running({ version: '17.9.0' });
  const { id } = await made.job('work');
  await first.stop();
  const { startServer } = await import('./app.ts');
  const { readConfig } = await import('./config.ts');
  // An outage of forty minutes.
  first.clock.advance(40 * 60_000);
  const second = await startServer(readConfig({ port: '0', data: folder, objectsUrl: 'memory:', ...settings }), {
    clock: first.clock,
    background: false,
  });
  undo.push(() => second.stop());
  const statusAfter = async (ms: number) => {
    // Passes come every half minute; without them the server would take the time for an outage of its own.
    for (let passed = 0; passed < ms; passed += 30_000) {
      first.clock.advance(30_000);
      await second.loops.runNow('reap running jobs');
    }
    return (await second.app.db.selectFrom('jobs').select('status').where('id', '=', id).executeTakeFirstOrThrow()).status;
  };
  expect(await statusAfter(44.5 * 60_000)).toBe('running');
  expect(await statusAfter(60_000)).toBe('failed');
});
