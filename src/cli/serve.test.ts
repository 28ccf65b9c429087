import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../test/harness/client.ts';
import { freePort } from '../../test/harness/free-port.ts';
import { startServerProcess } from '../../test/harness/server-process.ts';
import { until } from '../../test/harness/until.ts';
import { openDatabase } from '../db/open.ts';

const main = join(import.meta.dirname, '../main.ts');

/** Runs the command line to its end. */
async function run(args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, output };
}

describe('baton serve', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'baton-serve-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each<[string, string[], RegExp]>([
    ['a port that is none', ['--port', 'many'], /^baton: BATON_PORT is "many": give a number from 0 to 65535\n$/],
    [
      'an unknown form of database',
      ['--database-url', 'mysql://x'],
      /^baton: BATON_DATABASE_URL has an unknown form: write sqlite::memory:/,
    ],
    [
      'a database that is away',
      ['--database-url', 'postgres://a:b@127.0.0.1:1/c'],
      /^baton: cannot use the PostgreSQL database at postgres:\/\/a@127.0.0.1:1\/c \(.*\): check BATON_DATABASE_URL/,
    ],
    ['a short key', ['--secret-key', 'abc'], /^baton: BATON_SECRET_KEY must be 64 hexadecimal digits/],
    ['an address of another machine', ['--host', '192.0.2.1'], /^baton: 192.0.2.1 is no address of this machine/],
    ['a store that is none', ['--objects-url', 'ftp://x'], /^baton: .*BATON_OBJECTS_URL/],
  ])('stops at %s, with one sentence', async (_name, args, sentence) => {
    const { code, output } = await run(['serve', '--data', join(folder, 'a'), '--port', '0', ...args]);
    expect(output).toMatch(sentence);
    expect(output.trim().split('\n').length).toBe(1);
    expect(code).toBe(1);
  });

  it('stops at a port that is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const { code, output } = await run(['serve', '--data', join(folder, 'b'), '--port', String(port)]);
    holder.close();
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/baton: port \d+ on 127.0.0.1 is taken: stop the program that holds it, or choose another/),
    ]);
  });

  it('stops at a data folder that cannot be used', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { code, output } = await run(['serve', '--data', join(file, 'data'), '--port', '0']);
    expect([code, output]).toEqual([1, expect.stringMatching(/baton: the data folder .* cannot be used \(ENOTDIR\): make it readable/)]);
  });

  it('stops at a data folder that another server has, and not after that one was killed', async () => {
    const data = join(folder, 'shared');
    const holder = await startServerProcess({ data, port: await freePort() });
    const { code, output } = await run(['serve', '--data', data, '--port', '0']);
    expect([code, output]).toEqual([1, expect.stringMatching(/baton: the data folder .* is used by another Baton: stop that one/)]);
    await holder.kill();
    const next = await startServerProcess({ data, port: await freePort() });
    await next.stop();
  });

  it('stops at a database of a newer version', async () => {
    const url = `sqlite:${folder}/newer.db`;
    const database = await openDatabase(url);
    await database.write((tx) =>
      tx
        .insertInto('kysely_migration' as 'settings')
        .values({ name: '9999-later', timestamp: '2030' } as never)
        .execute(),
    );
    await database.close();
    const { code, output } = await run(['serve', '--data', join(folder, 'c'), '--port', '0', '--database-url', url]);
    expect([code, output]).toEqual([1, expect.stringMatching(/baton: the database was written by a newer Baton/)]);
  });

  it('stops in good order at the first signal, and at once at a later one', async () => {
    const { url, child } = await startServerProcess({ data: join(folder, 'e'), port: await freePort() });
    const { hostname, port } = new URL(url);
    const upload = connect(Number(port), hostname).on('error', () => {});
    let heard = '';
    upload.on('data', (bytes) => (heard += bytes.toString()));
    upload.write('POST /api/v4/runners HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\nhello');
    await until(() => heard.includes('100 Continue'));
    const ended = once(child, 'exit');
    const hurryAt = Date.now() + 1100;
    child.kill('SIGTERM');
    child.kill('SIGINT');
    await until(() => Date.now() > hurryAt);
    expect([child.exitCode, upload.destroyed]).toEqual([null, false]);
    child.kill('SIGTERM');
    const [code] = (await ended) as [number];
    expect([code, Date.now() - hurryAt < 10_000]).toEqual([0, true]);
  });

  it('starts, says how to reach it, keeps its secrets to itself, stops in order and starts again with the same tokens', async () => {
    const data = join(folder, 'd');
    const port = await freePort();
    const first = await startServerProcess({ data, port });
    const token = /Root token\s+(glpat-\S+)/.exec(first.output())?.[1] ?? '';
    const registration = /--registration-token (\S+)/.exec(first.output())?.[1] ?? '';
    expect(first.url).toBe(`http://127.0.0.1:${port}`);
    const api = createClient(`${first.url}/api/v4`);
    expect((await api.as(token).get('/runners/all')).body).toEqual([]);
    expect(await first.stop()).toBe(0);
    expect(first.output().match(/glpat-/g)?.length).toBe(2);

    const second = await startServerProcess({ data, port });
    expect(second.output()).toContain('shown at the first start only');
    expect(second.output()).toContain(registration);
    const made = await api.post('/runners', { form: { token: registration } });
    expect(made.status).toBe(201);
    expect((await api.as(token).get('/runners/all')).body.length).toBe(1);
    await second.stop();
  });
});
