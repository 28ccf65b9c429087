import { expect, it } from 'vitest';
import { commitFiles, testRepositories } from '../../test/harness/repositories.ts';
import type { CommitAction } from './commit-actions.ts';
import { CommitRefused } from './commit-actions.ts';
import { commit } from './commits.ts';
import { runGit } from './git-process.ts';
import { ZERO_OID } from './ref-name.ts';
import { refs, refValue } from './refs.ts';
import type { Repository } from './repository.ts';
import { listTree, readFile } from './tree.ts';

const bytes = (text: string) => Buffer.from(text);

function act(repository: Repository, actions: CommitAction[], more = {}) {
  return commitFiles(repository, {}, { actions, ...more });
}

async function files(repository: Repository, sha: string): Promise<Record<string, string>> {
  const entries = (await listTree(repository, sha, '', true)) ?? [];
  const found: Record<string, string> = {};
  for (const { path, type, mode } of entries) {
    if (type === 'blob') found[path] = `${mode === '100644' ? '' : `${mode} `}${(await readFile(repository, sha, path, 1e6))?.toString()}`;
  }
  return found;
}

it('creates the branch with the first commit of an empty repository', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const update = await commitFiles(repository, { 'a/b "ü"  ': 'x', y: '' });
  expect(update).toEqual({ ref: 'refs/heads/main', before: ZERO_OID, after: await refValue(repository, 'refs/heads/main') });
  expect(await files(repository, update.after)).toEqual({ 'a/b "ü"  ': 'x', y: '' });
  expect((await refs(repository)).map(({ name }) => name)).toEqual(['refs/heads/main']);
  const { code } = await runGit([`--git-dir=${repository.gitDir}`, 'fsck', '--strict'], { okCodes: [0, 1, 2, 3, 4] });
  expect(code).toBe(0);
});

it('does all kinds of actions, each on what the ones before have left', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const first = await commitFiles(repository, { keep: 'k', edit: '1', 'old/one': 'o', gone: 'g', tool: '#!' });
  const binary = Buffer.from([0, 255, 10, 13]);
  const second = await act(repository, [
    { action: 'update', filePath: 'edit', content: bytes('2') },
    { action: 'move', previousPath: 'old/one', filePath: 'new/one' },
    { action: 'move', previousPath: 'new/one', filePath: 'new/two', content: bytes('oo') },
    { action: 'delete', filePath: 'gone' },
    { action: 'create', filePath: 'gone/again', content: bytes('dir now') },
    { action: 'chmod', filePath: 'tool', executeFilemode: true },
    { action: 'create', filePath: 'bin', content: binary, executeFilemode: true },
    { action: 'create', filePath: 'x', content: bytes('x') },
    { action: 'chmod', filePath: 'x', executeFilemode: true },
    { action: 'chmod', filePath: 'x', executeFilemode: false },
    { action: 'create', filePath: 'old', content: bytes('file now') },
  ]);
  expect(second.before).toBe(first.after);
  expect((await commit(repository, second.after))?.parentIds).toEqual([first.after]);
  expect(await files(repository, second.after)).toEqual({
    keep: 'k',
    edit: '2',
    'new/two': 'oo',
    'gone/again': 'dir now',
    tool: '100755 #!',
    bin: `100755 ${binary.toString()}`,
    x: 'x',
    old: 'file now',
  });
  expect(await readFile(repository, second.after, 'bin', 10)).toEqual(binary);
});

it('keeps the mode of what it updates or moves', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  await act(repository, [{ action: 'create', filePath: 'tool', content: bytes('1'), executeFilemode: true }]);
  const { after } = await act(repository, [
    { action: 'update', filePath: 'tool', content: bytes('2') },
    { action: 'move', previousPath: 'tool', filePath: 'bin/tool' },
  ]);
  expect(await files(repository, after)).toEqual({ 'bin/tool': '100755 2' });
});

it('refuses what does not fit, in known words, and changes nothing', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { a: '1', 'd/b': '2' });
  const cases: [CommitAction, string][] = [
    [{ action: 'create', filePath: 'a' }, 'A file with this name already exists'],
    [{ action: 'create', filePath: 'a/b' }, 'A file with this name already exists'],
    [{ action: 'create', filePath: 'd' }, 'A directory with this name already exists'],
    [{ action: 'update', filePath: 'x' }, "A file with this name doesn't exist"],
    [{ action: 'update', filePath: 'd' }, "A file with this name doesn't exist"],
    [{ action: 'update', filePath: 'a/b' }, "A file with this name doesn't exist"],
    [{ action: 'delete', filePath: 'x' }, "A file with this name doesn't exist"],
    [{ action: 'chmod', filePath: 'x' }, "A file with this name doesn't exist"],
    [{ action: 'move', previousPath: 'x', filePath: 'y' }, "A file with this name doesn't exist"],
    [{ action: 'move', previousPath: 'a', filePath: 'd/b' }, 'A file with this name already exists'],
    [{ action: 'move', filePath: 'y' }, "invalid path: '': it is empty"],
    [{ action: 'create', filePath: '../x' }, 'invalid path: \'../x\': it holds ".."'],
    [{ action: 'create', filePath: '/etc/x' }, 'it must be relative'],
    [{ action: 'create', filePath: 'C:/x' }, 'it must be relative'],
    [{ action: 'create', filePath: 'a\\b' }, 'backslash'],
    [{ action: 'create', filePath: 'x//y' }, 'empty part'],
    [{ action: 'create', filePath: 'x/' }, 'empty part'],
    [{ action: 'create', filePath: './x' }, 'it holds "."'],
    [{ action: 'create', filePath: '.git/config' }, 'reserved for git'],
    [{ action: 'create', filePath: 'sub/.GIT /x' }, 'reserved for git'],
    [{ action: 'create', filePath: 'git~1/x' }, 'reserved for git'],
    [{ action: 'create', filePath: '.g\u200cit/x' }, 'reserved for git'],
    [{ action: 'create', filePath: '.git::$INDEX_ALLOCATION/x' }, 'reserved for git'],
    [{ action: 'create', filePath: 'x\ny' }, 'control characters'],
    [{ action: 'create', filePath: 'x\ud800' }, 'not valid Unicode'],
    [{ action: 'create', filePath: 'x'.repeat(256) }, 'longer than 255 bytes'],
  ];
  for (const [action, message] of cases) {
    const refused = act(repository, [{ action: 'create', filePath: 'fine', content: bytes('x') }, action]);
    await expect(refused, JSON.stringify(action)).rejects.toThrow(CommitRefused);
    await expect(refused, JSON.stringify(action)).rejects.toThrow(message);
  }
  expect(await refValue(repository, 'refs/heads/main')).toBe(after);
  const { stdout } = await runGit([`--git-dir=${repository.gitDir}`, 'count-objects']);
  expect(stdout.toString()).toMatch(/^5 objects/);
});

it('allows names that only look dangerous', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const names = ['.gitignore', '.gitlab-ci.yml', '-x', 'a..b', '.git2', ':(top)x', 'a:b'];
  const { after } = await commitFiles(repository, Object.fromEntries(names.map((name) => [name, name])));
  expect(Object.keys(await files(repository, after)).sort()).toEqual(names.sort());
});

it('starts new branches from another branch or a commit', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const first = (await commitFiles(repository, { a: '1' })).after;
  const second = (await commitFiles(repository, { b: '1' })).after;
  const fromBranch = await commitFiles(repository, { c: '1' }, { branch: 'from-branch', startBranch: 'main' });
  const fromSha = await commitFiles(repository, { d: '1' }, { branch: 'from-sha', startSha: first });
  expect(fromBranch.before).toBe(ZERO_OID);
  expect((await commit(repository, fromBranch.after))?.parentIds).toEqual([second]);
  expect((await commit(repository, fromSha.after))?.parentIds).toEqual([first]);

  const onBranch = 'You can only create or edit files when you are on a branch';
  await expect(commitFiles(repository, { e: '' }, { branch: 'new' })).rejects.toThrow(onBranch);
  await expect(commitFiles(repository, { e: '' }, { branch: 'new', startBranch: 'nope' })).rejects.toThrow(onBranch);
  await expect(commitFiles(repository, { e: '' }, { branch: 'new', startSha: 'nope' })).rejects.toThrow("Cannot find start_sha 'nope'");
  await expect(commitFiles(repository, { e: '' }, { branch: 'main', startBranch: 'from-sha' })).rejects.toThrow(
    "A branch called 'main' already exists. Switch to that branch in order to make changes",
  );
  await expect(commitFiles(repository, { e: '' }, { branch: 'a..b' })).rejects.toThrow('"a..b" cannot be the name of a branch');
  await expect(commitFiles(repository, { e: '' }, { branch: 'main/x', startBranch: 'main' })).rejects.toThrow('collides');
});

it('guards against lost updates when the caller says what it has seen', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const first = (await commitFiles(repository, { a: '1', b: '1' })).after;
  const second = (await act(repository, [{ action: 'update', filePath: 'a', content: bytes('2') }])).after;
  const update = (lastCommitId: string): CommitAction => ({ action: 'update', filePath: 'a', content: bytes('3'), lastCommitId });
  await expect(act(repository, [update(first)])).rejects.toThrow(
    'You are attempting to update a file that has changed since you started editing it.',
  );
  await expect(act(repository, [{ action: 'delete', filePath: 'a', lastCommitId: first }])).rejects.toThrow('previously updated');
  await act(repository, [update(second), { action: 'delete', filePath: 'b', lastCommitId: first }]);
});

it('makes every one of several commits at the same time, one on top of the other', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  await commitFiles(repository, { a: '1' });
  const updates = await Promise.all(['x', 'y', 'z'].map((name) => commitFiles(repository, { [name]: name })));
  const head = (await refValue(repository, 'refs/heads/main')) ?? '';
  expect(Object.keys(await files(repository, head)).sort()).toEqual(['a', 'x', 'y', 'z']);
  expect(new Set(updates.map(({ before }) => before)).size).toBe(3);
});

it('commits hundreds of files at once', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`d${index % 10}/f${index}`, String(index)]));
  const { after } = await commitFiles(repository, many);
  expect((await listTree(repository, after, 'd3', true))?.length).toBe(50);
});
