import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { commitFiles, testRepositories } from '../../test/harness/repositories.ts';
import { refs } from './refs.ts';
import { defaultBranch, maintainRepository, Repositories, setDefaultBranch } from './repository.ts';

it('makes a bare repository with the wanted default branch, without hooks, at a path made of the id', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(42, 'trunk');
  expect(relative(test.root, repository.gitDir)).toMatch(/^[0-9a-f]{2}\/[0-9a-f]{2}\/42\.git$/);
  expect(await defaultBranch(repository)).toBe('trunk');
  expect(existsSync(join(repository.gitDir, 'hooks'))).toBe(false);
  expect(await refs(repository)).toEqual([]);
  expect(test.repositories.at(42).gitDir).toBe(repository.gitDir);
});

it('leaves a repository alone that is there already', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(7, 'main');
  await commitFiles(repository, { a: '1' });
  await test.repositories.create(7, 'other');
  expect(await defaultBranch(repository)).toBe('main');
  expect(await refs(repository)).toHaveLength(1);
});

it('makes a repository once when many ask at the same time', async () => {
  await using test = await testRepositories();
  await Promise.all(Array.from({ length: 5 }, () => test.repositories.create(1)));
  expect(await test.repositories.exists(1)).toBe(true);
  expect((await readdir(join(test.root, '.new'))).length).toBe(0);
});

it('deletes a repository that is being read, and one that is not there', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(3);
  const { after } = await commitFiles(repository, { a: '1' });
  expect(await repository.objects.read(repository.gitDir, after, 1000)).not.toBeNull();
  await test.repositories.delete(3);
  await test.repositories.delete(3);
  expect(await test.repositories.exists(3)).toBe(false);
  expect(await readdir(join(test.root, '.deleted'))).toEqual([]);
});

it('finishes an interrupted delete at the next start', async () => {
  await using test = await testRepositories();
  await test.repositories.create(3);
  const { rename } = await import('node:fs/promises');
  await rename(test.repositories.at(3).gitDir, join(test.root, '.deleted', 'left-over'));
  await using again = await Repositories.open(test.root);
  expect(await readdir(join(test.root, '.deleted'))).toEqual([]);
  expect(await again.exists(3)).toBe(false);
});

it('refuses ids and branch names that cannot be', async () => {
  await using test = await testRepositories();
  expect(() => test.repositories.at(0)).toThrow('0 is not the id of a project');
  expect(() => test.repositories.at(1.5)).toThrow(RangeError);
  await expect(test.repositories.create(1, '../evil')).rejects.toThrow('"../evil" cannot be the name of a branch');
  const repository = await test.repositories.create(1);
  await expect(setDefaultBranch(repository, '-x')).rejects.toThrow(RangeError);
});

it('sets the default branch', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  await setDefaultBranch(repository, 'feature/a');
  expect(await defaultBranch(repository)).toBe('feature/a');
});

it('packs what has gathered', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  await commitFiles(repository, { a: '1' });
  await maintainRepository(repository);
  expect((await stat(join(repository.gitDir, 'objects'))).isDirectory()).toBe(true);
});
