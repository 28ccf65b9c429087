import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { GitClient } from '../../test/harness/git-client.ts';
import { startGitServer } from '../../test/harness/git-server.ts';
import type { GitServer } from '../../test/harness/git-server.ts';
import { commitFiles } from '../../test/harness/repositories.ts';
import { until } from '../../test/harness/until.ts';
import { FLUSH, pktLine } from './pkt-line.ts';
import { ZERO_OID } from './ref-name.ts';
import { createPipelineRef, refs, refValue } from './refs.ts';

/** A clone with a commit on `main` that the server has as well, and functions to go on from there. */
async function workCopy(client: GitClient, server: GitServer, name = 'work') {
  const git = (...args: string[]) => client.run('-C', name, ...args);
  const attempt = (...args: string[]) => client.attempt(['-C', name, ...args]);
  await client.run('clone', '--quiet', server.url, name);
  // Large files here are random bytes.
  await git('config', 'core.compression', '0');
  return {
    git,
    attempt,
    async commit(file: string, content: string | Buffer = file): Promise<string> {
      await writeFile(join(client.folder, name, file), content);
      await git('add', file);
      await git('commit', '--quiet', '-m', `Add ${file}`);
      return git('rev-parse', 'HEAD');
    },
  };
}

it('takes the first push into an empty repository and says what has moved', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  const work = await workCopy(client, server);
  const sha = await work.commit('a');
  await work.git('tag', 'v1');
  server.after = () => Promise.resolve(['View the pipeline:', '  http://ci.example.com/1']);
  const { stderr } = await work.attempt('push', 'origin', 'HEAD:refs/heads/main', 'v1', '-o', 'ci.skip', '-o', 'ci.variable=A=1');
  expect(stderr).toMatch(/remote: View the pipeline: *\nremote: {3}http:\/\/ci\.example\.com\/1/);
  expect(server.pushes).toEqual([
    {
      updates: [
        { ref: 'refs/heads/main', before: ZERO_OID, after: sha },
        { ref: 'refs/tags/v1', before: ZERO_OID, after: sha },
      ],
      pushOptions: ['ci.skip', 'ci.variable=A=1'],
    },
  ]);
  expect(await refValue(server.repository, 'refs/heads/main')).toBe(sha);
  expect(server.faults).toEqual([]);
});

it.each([0, 1, 2])('pushes, forces and deletes with protocol version %i', async (version) => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  const base = (await commitFiles(server.repository, { a: '1' })).after;
  const work = await workCopy(client, server);
  const push = (...args: string[]) => work.git('-c', `protocol.version=${version}`, 'push', '--quiet', 'origin', ...args);
  const one = await work.commit('one');
  await push('HEAD:refs/heads/topic');
  await work.git('reset', '--quiet', '--hard', base);
  const two = await work.commit('two');
  await expect(push('HEAD:refs/heads/topic')).rejects.toThrow('rejected');
  await push('+HEAD:refs/heads/topic');
  await push('--delete', 'topic');
  expect(server.pushes.flatMap(({ updates }) => updates)).toEqual([
    { ref: 'refs/heads/topic', before: ZERO_OID, after: one },
    { ref: 'refs/heads/topic', before: one, after: two },
    { ref: 'refs/heads/topic', before: two, after: ZERO_OID },
  ]);
});

it('refuses a push with a message before it takes a single object', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  await commitFiles(server.repository, { a: '1' });
  const work = await workCopy(client, server);
  await work.commit('b', randomBytes(3_000_000));
  const objects = await readdir(join(server.repository.gitDir, 'objects'), { recursive: true });
  const message = 'You are not allowed to push code to protected branches on this project.';
  server.decide = ({ updates }) =>
    Promise.resolve({ refusal: updates.some(({ ref }) => ref === 'refs/heads/main') ? message : null, fastForwardOnly: [] });
  const { code, stderr } = await work.attempt('push', 'origin', 'HEAD:main', 'HEAD:other');
  expect(code).toBe(1);
  expect(stderr).toContain(`remote: ${message}`);
  expect(stderr).toMatch(/! \[remote rejected\] HEAD -> main \(pre-receive hook declined\)/);
  expect(stderr).toMatch(/! \[remote rejected\] HEAD -> other \(pre-receive hook declined\)/);
  expect(server.pushes).toEqual([]);
  expect(await readdir(join(server.repository.gitDir, 'objects'), { recursive: true })).toEqual(objects);
  await work.git('push', '--quiet', 'origin', 'HEAD:other');
});

it('refuses forced updates of the refs that may only be fast-forwarded, and only of those', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  const base = (await commitFiles(server.repository, { a: '1' })).after;
  const work = await workCopy(client, server);
  server.decide = () => Promise.resolve({ refusal: null, fastForwardOnly: ['refs/heads/release', 'refs/heads/main'] });
  const one = await work.commit('one');
  await work.git('push', '--quiet', 'origin', 'HEAD:main', 'HEAD:refs/heads/free');
  await work.git('reset', '--quiet', '--hard', base);
  const two = await work.commit('two');
  const forced = await work.attempt('push', 'origin', '+HEAD:main');
  expect(forced.code).toBe(1);
  expect(forced.stderr).toContain('remote: You are not allowed to force push code to a protected branch on this project.');
  expect(forced.stderr).toContain('pre-receive hook declined');
  await work.git('reset', '--quiet', '--hard', one);
  const three = await work.commit('three');
  await work.git('push', '--quiet', 'origin', 'HEAD:main', `+${two}:free`);
  expect(await refValue(server.repository, 'refs/heads/main')).toBe(three);
  expect(await refValue(server.repository, 'refs/heads/free')).toBe(two);
  expect(server.pushes).toHaveLength(2);
});

it("keeps the refs of pipelines and git's own rules out of a pusher's reach", async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  const { after } = await commitFiles(server.repository, { a: '1' });
  await createPipelineRef(server.repository, 9, after);
  const work = await workCopy(client, server);
  await work.commit('b');
  expect((await work.attempt('push', 'origin', '+HEAD:refs/pipelines/9')).stderr).toContain('refs/pipelines/9 belongs to the server');
  expect((await work.attempt('push', 'origin', 'HEAD:x', 'HEAD:refs/pipelines/10')).stderr).toContain('refs/pipelines/10 belongs');
  expect((await work.attempt('push', 'origin', '--delete', 'main')).stderr).toContain('deletion of the current branch prohibited');
  expect(server.pushes).toEqual([]);
  expect((await refs(server.repository)).map(({ oid }) => oid)).toEqual([after, after]);
});

it('reports only what was done when some refs of a push fail', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  await commitFiles(server.repository, { a: '1' });
  const work = await workCopy(client, server);
  const sha = await work.commit('b');
  const { code, stderr } = await work.attempt('push', 'origin', 'HEAD:refs/heads/ok', 'HEAD:refs/heads/main/sub');
  expect(code).toBe(1);
  expect(stderr).toMatch(/new branch\] +HEAD -> ok[^]*remote rejected\] HEAD -> main\/sub/);
  expect(server.pushes).toEqual([{ updates: [{ ref: 'refs/heads/ok', before: ZERO_OID, after: sha }], pushOptions: [] }]);
  const atomic = await work.attempt('push', '--atomic', 'origin', 'HEAD:refs/heads/ok2', 'HEAD:refs/heads/main/sub');
  expect(atomic.code).toBe(1);
  expect(server.pushes).toHaveLength(1);
});

it('takes a push of 10 MiB, after the try with which git begins it', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  const work = await workCopy(client, server);
  await work.commit('big', randomBytes(10 * 1024 * 1024));
  await work.git('push', '--quiet', 'origin', 'HEAD:main');
  const posts = server.requests.filter(({ line }) => line === 'POST /g/p.git/git-receive-pack');
  expect(posts.map(({ headers }) => headers['transfer-encoding'] ?? headers['content-length'])).toEqual(['4', 'chunked']);
  expect(server.pushes).toHaveLength(1);
  await client.run('clone', '--quiet', server.url, 'copy');
});

it('refuses a push over the limit, with a message', async () => {
  await using server = await startGitServer({ maxPackBytes: 1_000_000 });
  await using client = await GitClient.create();
  const work = await workCopy(client, server);
  await work.commit('big', randomBytes(6_000_000));
  const { code, stderr } = await work.attempt('push', 'origin', 'HEAD:main');
  expect(code).not.toBe(0);
  expect(stderr).toContain('pack exceeds maximum allowed size');
  expect(server.pushes).toEqual([]);
  expect(await refs(server.repository)).toEqual([]);
});

it('lets exactly one of two pushes at the same time move a branch', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  await commitFiles(server.repository, { a: '1' });
  const one = await workCopy(client, server, 'one');
  const two = await workCopy(client, server, 'two');
  await one.commit('x');
  await two.commit('y');
  // Both have read the refs before either may go on.
  let both = 0;
  server.decide = async () => {
    both += 1;
    await until(() => both === 2, 'the other push');
    return { refusal: null, fastForwardOnly: [] };
  };
  const results = await Promise.all([one, two].map(({ attempt }) => attempt('push', 'origin', 'HEAD:main')));
  expect(results.filter(({ code }) => code === 0)).toHaveLength(1);
  expect(results.find(({ code }) => code === 1)?.stderr).toMatch(/remote rejected|rejected/);
  expect(server.pushes).toHaveLength(1);
  expect(await refValue(server.repository, 'refs/heads/main')).toBe(server.pushes[0]?.updates[0]?.after);
});

it('refuses broken objects', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  const work = await workCopy(client, server);
  await work.commit('a');
  const blob = await work.git('rev-parse', 'HEAD:a');
  const { stdout: tree } = await client.attempt(['-C', 'work', 'mktree'], { input: `100644 blob ${blob}\t.git\n` });
  const sha = await work.git('commit-tree', '-m', 'evil', tree.trim());
  const { code, stderr } = await work.attempt('push', 'origin', `${sha}:refs/heads/main`);
  expect(code).toBe(1);
  expect(stderr).toContain('hasDotgit');
});

it('answers 500 and rejects when the decision fails, and moves nothing', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  const work = await workCopy(client, server);
  await work.commit('a');
  server.decide = () => Promise.reject(new Error('the database is away'));
  expect((await work.attempt('push', 'origin', 'HEAD:main')).stderr).toContain('500');
  expect(server.faults).toEqual([new Error('the database is away')]);
  expect(await refs(server.repository)).toEqual([]);
});

it('keeps the push and says so when what follows it fails', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  const work = await workCopy(client, server);
  await work.commit('a');
  server.after = () => Promise.reject(new Error('no pipeline'));
  const { code, stderr } = await work.attempt('push', 'origin', 'HEAD:main');
  expect(code).toBe(0);
  expect(stderr).toContain('remote: The push is stored, but');
  await until(() => server.faults.length === 1);
});

it('forgets a push that breaks off, and hears of one whose client does not wait for the answer', async () => {
  await using server = await startGitServer();
  await using client = await GitClient.create();
  const { after } = await commitFiles(server.repository, { a: '1' });
  const { port } = new URL(server.url);
  const command = pktLine(`${ZERO_OID} ${after} refs/heads/copy\0report-status side-band-64k\n`);
  const pack = await emptyPack(client);
  const body = Buffer.concat([command, FLUSH, pack]);
  const head =
    `POST /g/p.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-git-receive-pack-request\r\n` +
    `Content-Length: ${body.length}\r\n\r\n`;

  const broken = connect(Number(port), '127.0.0.1');
  broken.write(head);
  broken.write(body.subarray(0, -8));
  await until(() => server.active() === 1);
  broken.destroy();
  await until(() => server.active() === 0, 'the broken push to end');
  expect(await refValue(server.repository, 'refs/heads/copy')).toBeNull();

  let goOn = () => {};
  const heard = new Promise<void>((resolve) => (goOn = resolve));
  server.decide = async () => {
    await heard;
    return { refusal: null, fastForwardOnly: [] };
  };
  const impatient = connect(Number(port), '127.0.0.1');
  impatient.write(Buffer.concat([Buffer.from(head), body]));
  await until(() => server.active() === 1);
  impatient.destroy();
  goOn();
  await until(() => server.active() === 0, 'the push to end');
  expect(server.pushes).toEqual([{ updates: [{ ref: 'refs/heads/copy', before: ZERO_OID, after }], pushOptions: [] }]);
  expect(await refValue(server.repository, 'refs/heads/copy')).toBe(after);
});

it('ends a push that takes too long, and says so', async () => {
  await using server = await startGitServer({ timeLimitMs: 200 });
  await using client = await GitClient.create();
  const { after } = await commitFiles(server.repository, { a: '1' });
  const command = pktLine(`${ZERO_OID} ${after} refs/heads/copy\0report-status side-band-64k\n`);
  const body = Buffer.concat([command, FLUSH, (await emptyPack(client)).subarray(0, -8)]);
  const slow = connect(Number(new URL(server.url).port), '127.0.0.1');
  slow.write(
    `POST /g/p.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-git-receive-pack-request\r\n` +
      `Content-Length: 10000\r\n\r\n`,
  );
  slow.write(body);
  const [answer] = (await once(slow, 'data')) as [Buffer];
  expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 500 /);
  slow.destroy();
  await until(() => server.faults.length > 0);
  expect(String(server.faults[0])).toContain('git receive-pack: took longer than 200 ms');
  expect(await refValue(server.repository, 'refs/heads/copy')).toBeNull();
});

async function emptyPack(client: GitClient): Promise<Buffer> {
  await client.run('init', '--quiet', '--bare', 'packs');
  const hash = await client.run('-C', 'packs', 'pack-objects', '--quiet', 'pack');
  return readFile(join(client.folder, 'packs', `pack-${hash}.pack`));
}
