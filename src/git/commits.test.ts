import { expect, it } from 'vitest';
import { commitFiles, testRepositories } from '../../test/harness/repositories.ts';
import { commit, isAncestor, log, mergeBase } from './commits.ts';
import { runGit } from './git-process.ts';
import type { Repository } from './repository.ts';

async function rawCommit(repository: Repository, bytes: Buffer): Promise<string> {
  const args = [`--git-dir=${repository.gitDir}`, 'hash-object', '-t', 'commit', '-w', '--stdin', '--literally'];
  return (await runGit(args, { input: [bytes] })).stdout.toString().trim();
}

it('reads a commit', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(
    repository,
    { a: '1' },
    {
      message: 'Title ✓\r\n\r\nBody\n',
      author: { name: 'Ada <L>\n', email: 'ada@example.com' },
      committer: { name: '', email: 'c@example.com' },
      at: 1_700_000_000_999,
    },
  );
  expect(await commit(repository, after)).toEqual({
    id: after,
    shortId: after.slice(0, 8),
    title: 'Title ✓',
    message: 'Title ✓\r\n\r\nBody\n',
    authorName: 'Ada L',
    authorEmail: 'ada@example.com',
    authoredAt: 1_700_000_000_000,
    authorOffset: 0,
    committerName: 'c@example.com',
    committerEmail: 'c@example.com',
    committedAt: 1_700_000_000_000,
    committerOffset: 0,
    parentIds: [],
  });
  expect(await commit(repository, 'main')).toBeNull();
  expect(await commit(repository, 'f'.repeat(40))).toBeNull();
  const blob = (await runGit([`--git-dir=${repository.gitDir}`, 'rev-parse', `${after}:a`])).stdout.toString().trim();
  expect(await commit(repository, blob)).toBeNull();
});

it('reads what other tools have written: encodings, signatures, offsets, malformed people', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { a: '1' });
  const tree = (await runGit([`--git-dir=${repository.gitDir}`, 'rev-parse', `${after}^{tree}`])).stdout.toString().trim();
  const latin = await rawCommit(
    repository,
    Buffer.from(
      `tree ${tree}\nparent ${after}\nauthor J\xfcrgen <j@x> 1700000000 -0330\ncommitter J\xfcrgen <j@x> 1700000001 +0200\n` +
        `encoding ISO-8859-1\ngpgsig -----BEGIN\n author fake <f@x> 1 +0000\n -----END\n\nGr\xfc\xdfe\n`,
      'latin1',
    ),
  );
  expect(await commit(repository, latin)).toMatchObject({
    title: 'Grüße',
    authorName: 'Jürgen',
    authorOffset: -210,
    committedAt: 1_700_000_001_000,
    committerOffset: 120,
    parentIds: [after],
  });
  const broken = await rawCommit(repository, Buffer.from(`tree ${tree}\nauthor nobody\ncommitter <>\nencoding klingon\n\n`));
  expect(await commit(repository, broken)).toMatchObject({ title: '', message: '', authorName: '', authorEmail: '', authoredAt: 0 });
});

it('shows the history, also of one path', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const one = (await commitFiles(repository, { 'd/a': '1' })).after;
  const two = (await commitFiles(repository, { b: '1' })).after;
  const three = (await commitFiles(repository, { ':(top)c': '1' })).after;
  const ids = async (...args: Parameters<typeof log>) => (await log(...args)).map(({ id }) => id);
  expect(await ids(repository, three)).toEqual([three, two, one]);
  expect(await ids(repository, three, { limit: 1, skip: 1 })).toEqual([two]);
  expect(await ids(repository, three, { path: 'd' })).toEqual([one]);
  expect(await ids(repository, three, { path: ':(top)c' })).toEqual([three]);
  expect(await ids(repository, three, { path: '--all' })).toEqual([]);
  expect(await ids(repository, three, { path: '../d' })).toEqual([]);
  expect(await ids(repository, three, { path: '/' })).toEqual([three, two, one]);
  expect(await log(repository, 'f'.repeat(40))).toEqual([]);
});

it('knows ancestors', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const one = (await commitFiles(repository, { a: '1' })).after;
  const two = (await commitFiles(repository, { b: '1' })).after;
  const side = (await commitFiles(repository, { c: '1' }, { branch: 'side', startSha: one })).after;
  expect(await isAncestor(repository, one, two)).toBe(true);
  expect(await isAncestor(repository, two, one)).toBe(false);
  expect(await isAncestor(repository, 'f'.repeat(40), one)).toBe(false);
  expect(await mergeBase(repository, two, side)).toBe(one);
  expect(await mergeBase(repository, two, 'main')).toBeNull();
});
