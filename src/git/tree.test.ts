import { expect, it } from 'vitest';
import { commitFiles, testRepositories } from '../../test/harness/repositories.ts';
import { GitError } from './git-process.ts';
import { ObjectTooLarge } from './object-reader.ts';
import { ZERO_OID } from './ref-name.ts';
import { diffNames, findEntry, listTree, readFile } from './tree.ts';

it('reads files by path, with a limit', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { '.gitlab-ci.yml': 'test: {}\n', 'dir/a b "ü".txt': 'hi', empty: '' });
  expect((await readFile(repository, after, '.gitlab-ci.yml', 100))?.toString()).toBe('test: {}\n');
  expect((await readFile(repository, after, '/dir/a b "ü".txt', 100))?.toString()).toBe('hi');
  expect((await readFile(repository, after, 'empty', 0))?.length).toBe(0);
  for (const path of ['nope', 'dir', 'dir/nope', '', '../x', './empty', 'dir//a', 'a\nb', 'empty/x']) {
    expect(await readFile(repository, after, path, 100), path).toBeNull();
  }
  expect(await readFile(repository, 'main', 'empty', 100)).toBeNull();
  expect(await readFile(repository, ZERO_OID, 'empty', 100)).toBeNull();
  await expect(readFile(repository, after, '.gitlab-ci.yml', 8)).rejects.toThrow(ObjectTooLarge);
});

it('lists folders, and everything below when asked', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { 'src/main.c': '1', 'src/lib/x.c': '2', README: '3' });
  const paths = (entries: { path: string; type: string }[] | null) => entries?.map(({ path, type }) => `${type} ${path}`);
  expect(paths(await listTree(repository, after, ''))).toEqual(['blob README', 'tree src']);
  expect(paths(await listTree(repository, after, 'src/'))).toEqual(['tree src/lib', 'blob src/main.c']);
  expect(paths(await listTree(repository, after, '', true))).toEqual([
    'blob README',
    'tree src',
    'tree src/lib',
    'blob src/lib/x.c',
    'blob src/main.c',
  ]);
  expect(paths(await listTree(repository, after, 'src', true))).toEqual(['tree src/lib', 'blob src/lib/x.c', 'blob src/main.c']);
  expect(await listTree(repository, after, 'README')).toBeNull();
  expect(await listTree(repository, after, 'nope', true)).toBeNull();
  expect(await findEntry(repository, after, 'src/lib')).toMatchObject({ name: 'lib', type: 'tree', mode: '040000' });
});

it('names the files that differ', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const first = (await commitFiles(repository, { a: '1', 'd/b': '2' })).after;
  const second = await commitFiles(repository, {}, { actions: [{ action: 'move', previousPath: 'a', filePath: 'ä' }] });
  expect(await diffNames(repository, first, second.after)).toEqual(['a', 'ä']);
  expect(await diffNames(repository, null, first)).toEqual(['a', 'd/b']);
  expect(await diffNames(repository, ZERO_OID, first)).toEqual(['a', 'd/b']);
  expect(await diffNames(repository, first, first)).toEqual([]);
  await expect(diffNames(repository, 'f'.repeat(40), first)).rejects.toThrow(GitError);
  await expect(diffNames(repository, first, '--output=x')).rejects.toThrow(RangeError);
});
