import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { GitClient } from '../../test/harness/git-client.ts';
import { startGitServer } from '../../test/harness/git-server.ts';
import { commitFiles } from '../../test/harness/repositories.ts';
import { until } from '../../test/harness/until.ts';
import { runGit } from './git-process.ts';
import { FLUSH, pktLine } from './pkt-line.ts';
import { ServeSlots } from './serve-slots.ts';
import { createPipelineRef, deleteRef, updateRef } from './refs.ts';
import { ZERO_OID } from './ref-name.ts';
import type { Repository } from './repository.ts';

async function history(repository: Repository, length: number): Promise<string[]> {
  const shas: string[] = [];
  for (let index = 0; index < length; index += 1) shas.push((await commitFiles(repository, { [`f${index}`]: String(index) })).after);
  return shas;
}

/** Ids of the processes of git that serve `gitDir`, with everything in their process groups. */
async function servingProcesses(gitDir: string): Promise<string[]> {
  const found = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(async (pid) => {
        // A process may end while it is looked at.
        const [args, status] = await Promise.all(
          ['cmdline', 'stat'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
        );
        return { pid, args: args?.replaceAll('\0', ' ') ?? '', group: status?.split(') ')[1]?.split(' ')[2] };
      }),
  );
  const groups = found.filter(({ args }) => args.includes('upload-pack') && args.includes(gitDir)).map(({ group }) => group);
  return found.filter(({ group }) => group !== undefined && groups.includes(group)).map(({ pid }) => pid);
}

/** Whether this machine shows its processes as files, as Linux does. */
const seesProcesses = existsSync('/proc/self/stat');

function post(url: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const type = 'application/x-git-upload-pack-request';
    const req = request(`${url}/git-upload-pack`, { method: 'POST', headers: { 'Content-Type': type, ...headers } }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    req.on('error', reject);
    req.end(body);
  });
}

describe.each([0, 1, 2])('protocol version %i', (version) => {
  const protocol = ['-c', `protocol.version=${version}`];

  it('clones, whole and shallow, and fetches what is new', async () => {
    await using server = await startGitServer();
    await using client = await GitClient.create();
    const [first] = await history(server.repository, 3);
    await client.run(...protocol, 'clone', '--quiet', server.url, 'whole');
    expect(await client.run('-C', 'whole', 'rev-list', '--count', 'HEAD')).toBe('3');
    await client.run(...protocol, 'clone', '--quiet', '--depth', '1', server.url, 'shallow');
    expect(await client.run('-C', 'shallow', 'rev-list', '--count', 'HEAD')).toBe('1');
    await client.run('-C', 'shallow', ...protocol, 'fetch', '--quiet', '--unshallow');
    expect(await client.run('-C', 'shallow', 'rev-list', '--count', 'HEAD')).toBe('3');

    const { after } = await commitFiles(server.repository, { new: 'n' });
    await client.run('-C', 'whole', ...protocol, 'fetch', '--quiet', '--prune');
    expect(await client.run('-C', 'whole', 'rev-parse', 'origin/main')).toBe(after);
    expect(await client.run('-C', 'whole', 'rev-list', '--max-parents=0', 'HEAD')).toBe(first);
    const asked = server.requests.map(({ headers }) => headers['git-protocol']);
    expect(new Set(asked)).toEqual(new Set([version === 0 ? undefined : `version=${version}`]));
    expect(server.faults).toEqual([]);
  });

  it('fetches as agents do: by refspec and depth, the pipeline first, though its branch is gone', async () => {
    await using server = await startGitServer();
    await using client = await GitClient.create();
    const [, , sha = ''] = await history(server.repository, 3);
    await createPipelineRef(server.repository, 9, sha);
    await updateRef(server.repository, 'refs/tags/v1', sha, ZERO_OID);
    await deleteRef(server.repository, 'refs/heads/main', sha);
    await client.run('init', '--quiet', 'build');
    const git = (...args: string[]) => client.run('-C', 'build', ...protocol, ...args);
    await git('remote', 'add', 'origin', server.url);
    const refspecs = ['+refs/pipelines/9:refs/pipelines/9', '+refs/tags/v1:refs/tags/v1'];
    await git('fetch', 'origin', ...refspecs, '--depth', '2', '--prune', '--quiet');
    await git('checkout', '-f', '-q', sha);
    expect(await git('rev-list', '--count', 'HEAD')).toBe('2');
    await git('fetch', 'origin', '+refs/pipelines/9:refs/pipelines/9', '+refs/heads/*:refs/remotes/origin/*', '--unshallow', '--quiet');
    expect(await git('rev-list', '--count', 'HEAD')).toBe('3');
    const missing = await client.attempt(['-C', 'build', ...protocol, 'fetch', 'origin', '+refs/pipelines/8:refs/pipelines/8']);
    expect(missing.stderr).toContain("couldn't find remote ref refs/pipelines/8");
  });

  it('gives a commit by its id, also an old one', async () => {
    await using server = await startGitServer();
    await using client = await GitClient.create();
    const [, second = ''] = await history(server.repository, 3);
    await client.run('init', '--quiet', 'build');
    await client.run('-C', 'build', ...protocol, 'fetch', '--quiet', '--depth', '1', server.url, second);
    expect(await client.run('-C', 'build', 'rev-parse', 'FETCH_HEAD')).toBe(second);
    const unknown = await client.attempt(['-C', 'build', ...protocol, 'fetch', server.url, 'f'.repeat(40)]);
    expect(unknown.stderr).toMatch(/not our ref/);
    expect(server.faults).toEqual([]);
  });
});

it('clones an empty repository', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  await client.run('clone', '--quiet', server.url, 'empty');
  expect(await client.run('-C', 'empty', 'symbolic-ref', 'HEAD')).toBe('refs/heads/main');
});

it('leaves the refs of pipelines out of ordinary clones', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  const [sha = ''] = await history(server.repository, 1);
  await createPipelineRef(server.repository, 9, sha);
  await client.run('clone', '--quiet', server.url, 'copy');
  expect(await client.run('-C', 'copy', 'for-each-ref', '--format=%(refname)', 'refs/pipelines')).toBe('');
});

it('clones partially', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  await history(server.repository, 2);
  await client.run('clone', '--quiet', '--filter=blob:none', '--no-checkout', server.url, 'partial');
  const objects = await client.run('-C', 'partial', 'rev-list', '--objects', '--missing=print', 'HEAD');
  expect(objects.split('\n').filter((line) => line.startsWith('?'))).toHaveLength(2);
});

it('reads compressed requests, which git sends when it has much to say', async () => {
  await using server = await startGitServer();
  const [sha = ''] = await history(server.repository, 1);
  const wants = Buffer.concat([pktLine(`want ${sha} ofs-delta\n`), FLUSH, pktLine('done\n')]);
  for (const encoding of ['gzip', 'x-gzip']) {
    const { status, body } = await post(server.url, gzipSync(wants), { 'Content-Encoding': encoding });
    expect(status).toBe(200);
    expect(body.subarray(0, 12).toString('latin1')).toBe('0008NAK\nPACK');
  }
  expect((await post(server.url, wants)).body.subarray(8, 12).toString()).toBe('PACK');
});

it('answers bad requests with an error', async () => {
  await using server = await startGitServer();
  await history(server.repository, 1);
  expect((await post(server.url, Buffer.from('x'), { 'Content-Type': 'text/plain' })).status).toBe(415);
  expect((await post(server.url, Buffer.from('x'), { 'Content-Encoding': 'br' })).status).toBe(415);
  expect((await post(server.url, Buffer.from('not gzip'), { 'Content-Encoding': 'gzip' })).status).toBe(400);
  expect((await post(server.url, Buffer.from('zzzz'))).status).toBe(400);
  const dumb = await fetch(`${server.url}/info/refs`);
  expect(dumb.status).toBe(403);
  expect(await dumb.text()).toContain('Dumb HTTP');
  expect(server.faults).toEqual([]);
});

it('forbids caches to keep what it says', async () => {
  await using server = await startGitServer();
  const reply = await fetch(`${server.url}/info/refs?service=git-upload-pack`);
  expect(reply.headers.get('content-type')).toBe('application/x-git-upload-pack-advertisement');
  expect(reply.headers.get('cache-control')).toContain('no-cache');
  expect(await reply.text()).toMatch(/^001e# service=git-upload-pack\n0000/);
});

it('rejects with what git said when the repository is broken, and tells the client nothing of it', async () => {
  await using server = await startGitServer();
  await rm(join(server.repository.gitDir, 'HEAD'));
  const reply = await fetch(`${server.url}/info/refs?service=git-upload-pack`);
  expect(reply.status).toBe(500);
  expect(await reply.text()).toBe('The repository could not be served.\n');
  await until(() => server.faults.length > 0);
  expect(String(server.faults[0])).toContain('does not appear to be a git repository');
});

/** Starts a clone of something large and stops reading after its first bytes. */
async function stalledClone(url: string, sha: string): Promise<{ res: IncomingMessage; hangUp: () => void }> {
  const wants = Buffer.concat([pktLine(`want ${sha} side-band-64k\n`), FLUSH, pktLine('done\n')]);
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/x-git-upload-pack-request' };
    const req = request(`${url}/git-upload-pack`, { method: 'POST', headers }, (res) => {
      res.once('data', () => {
        res.pause();
        resolve({ res, hangUp: () => req.destroy() });
      });
    });
    req.on('error', reject);
    req.end(wants);
  });
}

/** More than the kernel buffers on the way to a client that does not read. */
async function largeCommit(repository: Repository): Promise<string> {
  await runGit([`--git-dir=${repository.gitDir}`, 'config', 'core.compression', '0']);
  const content = randomBytes(16 * 1024 * 1024);
  return (await commitFiles(repository, {}, { actions: [{ action: 'create', filePath: 'big', content }] })).after;
}

it.runIf(seesProcesses)('leaves no process behind when the client goes away in the middle', async () => {
  await using server = await startGitServer();
  const sha = await largeCommit(server.repository);
  const clone = await stalledClone(server.url, sha);
  await until(async () => (await servingProcesses(server.repository.gitDir)).length > 0, 'git to serve');
  clone.hangUp();
  await until(async () => (await servingProcesses(server.repository.gitDir)).length === 0, 'git to end');
  await until(() => server.active() === 0, 'the exchange to end');
  expect(server.faults).toEqual([]);
});

it.runIf(seesProcesses)('ends a git that is busy and says nothing when the client goes away', async () => {
  await using server = await startGitServer();
  // Git waits for ever for somebody to write into this pipe.
  await promisify(execFile)('mkfifo', [join(server.repository.gitDir, 'packed-refs')]);
  const req = request(`${server.url}/info/refs?service=git-upload-pack`);
  req.on('error', () => {});
  req.end();
  await until(async () => (await servingProcesses(server.repository.gitDir)).length > 0, 'git to serve');
  req.destroy();
  await until(async () => (await servingProcesses(server.repository.gitDir)).length === 0, 'git to end');
  await until(() => server.active() === 0, 'the exchange to end');
});

it('ends a fetch that takes too long', async () => {
  await using server = await startGitServer({ timeLimitMs: 300 });
  const sha = await largeCommit(server.repository);
  const clone = await stalledClone(server.url, sha);
  const cut = new Promise((resolve) => clone.res.once('error', resolve));
  await until(() => server.faults.length > 0, 'git to end');
  clone.res.resume();
  await cut;
  await until(() => server.active() === 0, 'the exchange to end');
  expect(String(server.faults[0])).toContain('took longer than 300 ms');
});

it('serves others after those who hold all slots have gone', async () => {
  await using server = await startGitServer({ slots: new ServeSlots(1) });
  await using client = await GitClient.create();
  const sha = await largeCommit(server.repository);
  const holder = await stalledClone(server.url, sha);
  const waiting = client.run('clone', '--quiet', '--no-checkout', server.url, 'copy');
  await until(() => server.active() === 2, 'the second clone to wait');
  holder.hangUp();
  await waiting;
});
