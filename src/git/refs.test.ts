import { expect, it } from 'vitest';
import { commitFiles, testRepositories } from '../../test/harness/repositories.ts';
import { createCommit } from './commit-actions.ts';
import { GitError, runGit } from './git-process.ts';
import { isRefName, isShortRefName, ZERO_OID } from './ref-name.ts';
import {
  branches,
  createPipelineRef,
  deletePipelineRefs,
  deleteRef,
  isEmpty,
  refs,
  refValue,
  resolveRef,
  settleDefaultBranch,
  tags,
  updateRef,
} from './refs.ts';
import { defaultBranch } from './repository.ts';
import type { Repository } from './repository.ts';

const MISSING = 'f'.repeat(40);

async function annotatedTag(repository: Repository, name: string, target: string, message: string): Promise<void> {
  const env = { GIT_COMMITTER_NAME: 'Tag Ger', GIT_COMMITTER_EMAIL: 't@example.com', GIT_COMMITTER_DATE: '1700000000 +0100' };
  await runGit([`--git-dir=${repository.gitDir}`, 'tag', '-a', '-m', message, name, target], { env });
}

it('resolves branches, tags and commit ids, branches first', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  expect(await resolveRef(repository, 'main')).toBeNull();
  expect(await isEmpty(repository)).toBe(true);
  const first = (await commitFiles(repository, { a: '1' })).after;
  const second = (await commitFiles(repository, { b: '1' })).after;
  await annotatedTag(repository, 'v1', first, 'One\n\nand more');
  await updateRef(repository, 'refs/tags/main', first, ZERO_OID);

  expect(await isEmpty(repository)).toBe(false);
  expect(await resolveRef(repository, 'main')).toEqual({ kind: 'branch', name: 'main', fullName: 'refs/heads/main', sha: second });
  expect(await resolveRef(repository, 'HEAD')).toMatchObject({ kind: 'branch', name: 'main' });
  expect(await resolveRef(repository, 'refs/tags/main')).toMatchObject({ kind: 'tag', name: 'main', sha: first });
  expect(await resolveRef(repository, 'v1')).toEqual({ kind: 'tag', name: 'v1', fullName: 'refs/tags/v1', sha: first });
  expect(await resolveRef(repository, first)).toMatchObject({ kind: 'sha', name: first, sha: first });
  expect(await resolveRef(repository, first.slice(0, 8))).toMatchObject({ kind: 'sha', sha: first });
  for (const name of ['nope', MISSING, '', '--all', 'main~1', 'main^{tree}', ':/Add', 'a\nb', 'refs/heads/', 'heads/main']) {
    expect(await resolveRef(repository, name), name).toBeNull();
  }
});

it('does not take a tag named refs/heads/x for the branch x', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { a: '1' });
  await updateRef(repository, 'refs/tags/refs/heads/secure', after, ZERO_OID);
  expect(await resolveRef(repository, 'secure')).toBeNull();
  expect(await resolveRef(repository, 'refs/heads/secure')).toBeNull();
  expect(await refValue(repository, 'refs/heads/secure')).toBeNull();
});

it('lists branches and tags with their messages', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { a: '1' });
  await updateRef(repository, 'refs/heads/feature/x', after, ZERO_OID);
  await updateRef(repository, 'refs/tags/light', after, ZERO_OID);
  await annotatedTag(repository, 'v1', after, 'One\n\nand more');
  await annotatedTag(repository, 'v1-again', 'v1', 'tag of a tag');
  const blob = (await runGit([`--git-dir=${repository.gitDir}`, 'rev-parse', `${after}:a`])).stdout.toString().trim();
  await updateRef(repository, 'refs/tags/blob', blob, ZERO_OID);

  expect(await branches(repository)).toEqual([
    { name: 'feature/x', sha: after },
    { name: 'main', sha: after },
  ]);
  const found = await tags(repository);
  expect(found.map(({ name, sha }) => [name, sha])).toEqual([
    ['blob', null],
    ['light', after],
    ['v1', after],
    ['v1-again', after],
  ]);
  expect(found[1]?.annotation).toBeNull();
  expect(found[2]?.annotation).toMatchObject({
    message: 'One\n\nand more\n',
    taggerName: 'Tag Ger',
    taggerEmail: 't@example.com',
    taggedAt: 1_700_000_000_000,
  });
});

it('moves a ref only from where the caller has seen it', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const first = (await commitFiles(repository, { a: '1' })).after;
  const second = (await commitFiles(repository, { b: '1' })).after;
  expect(await updateRef(repository, 'refs/heads/x', first, ZERO_OID)).toBe(true);
  expect(await updateRef(repository, 'refs/heads/x', second, ZERO_OID)).toBe(false);
  expect(await updateRef(repository, 'refs/heads/x', first, second)).toBe(false);
  expect(await updateRef(repository, 'refs/heads/x', second, first)).toBe(true);
  expect(await deleteRef(repository, 'refs/heads/x', first)).toBe(false);
  expect(await deleteRef(repository, 'refs/heads/x', second)).toBe(true);
  expect(await deleteRef(repository, 'refs/heads/x', ZERO_OID)).toBe(true);
  expect(await refValue(repository, 'refs/heads/x')).toBeNull();
});

it('lets exactly one of many win a ref', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { a: '1' });
  const wins = await Promise.all(Array.from({ length: 6 }, () => updateRef(repository, 'refs/heads/x', after, ZERO_OID)));
  expect(wins.filter(Boolean)).toHaveLength(1);
});

it('says why a ref cannot be', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { a: '1' });
  await expect(updateRef(repository, 'refs/heads/main/sub', after, ZERO_OID)).rejects.toThrow(/cannot create 'refs\/heads\/main\/sub'/);
  await expect(updateRef(repository, 'refs/heads/x', MISSING, ZERO_OID)).rejects.toThrow(GitError);
  await expect(updateRef(repository, 'refs/heads/../x', after, ZERO_OID)).rejects.toThrow('is not the name of a ref');
  await expect(updateRef(repository, 'refs/heads/x', '--stdin', ZERO_OID)).rejects.toThrow('is not a full object id');
});

it('keeps a ref per pipeline until it is deleted', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { a: '1' });
  await createPipelineRef(repository, 9, after);
  await createPipelineRef(repository, 10, after);
  await createPipelineRef(repository, 10, after);
  expect((await refs(repository, ['refs/pipelines'])).map(({ name }) => name)).toEqual(['refs/pipelines/10', 'refs/pipelines/9']);
  await deletePipelineRefs(repository, [9, 11]);
  await deletePipelineRefs(repository, []);
  expect((await refs(repository, ['refs/pipelines'])).map(({ name }) => name)).toEqual(['refs/pipelines/10']);
  await expect(createPipelineRef(repository, 12, MISSING)).rejects.toThrow(GitError);
});

it('adopts a default branch when the one that HEAD names is not there', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1, 'trunk');
  expect(await settleDefaultBranch(repository)).toBe('trunk');
  const first = await commitFiles(repository, { a: '1' }, { branch: 'dev' });
  expect(await settleDefaultBranch(repository)).toBe('dev');
  await createCommit(repository, {
    branch: 'main',
    startSha: first.after,
    message: 'm',
    author: { name: 'a', email: 'a@b' },
    committer: { name: 'a', email: 'a@b' },
    at: 0,
    actions: [],
  });
  expect(await settleDefaultBranch(repository)).toBe('dev');
  await deleteRef(repository, 'refs/heads/dev', first.after);
  expect(await settleDefaultBranch(repository)).toBe('main');
  expect(await defaultBranch(repository)).toBe('main');
});

it('knows names of refs as git does', async () => {
  const names = [
    'main',
    'a/b',
    'ü',
    '@x',
    'a.b',
    'a-',
    'x@y',
    'main.',
    '.a',
    'a/.b',
    'a..b',
    'a.lock',
    'a.lock/b',
    '@',
    'a@{b',
    'a b',
    'a~b',
    'a^',
  ];
  names.push('a:b', 'a?b', 'a*', 'a[b', 'a\\b', '/a', 'a/', 'a//b', 'a\u007fb', 'a\tb', 'refs/heads/x');
  for (const name of names) {
    const { code } = await runGit(['check-ref-format', `refs/heads/${name}`], { okCodes: [0, 1] });
    expect(isRefName(`refs/heads/${name}`), name).toBe(code === 0);
  }
  expect(['', '-a', 'HEAD', '@', 'x'.repeat(300)].map(isShortRefName)).toEqual([false, false, false, false, false]);
  expect(['refs/x', 'heads/x', 'HEAD', ''].map(isRefName)).toEqual([false, false, false, false]);
});
