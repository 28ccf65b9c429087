import { expect, it } from 'vitest';
import { commitFiles, testRepositories } from '../../test/harness/repositories.ts';
import { until } from '../../test/harness/until.ts';
import { ObjectReader, ObjectTooLarge } from './object-reader.ts';

it('answers many at once, each with its own', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const texts = Array.from({ length: 60 }, (_, index) => String(index).repeat(index * 40));
  const files = Object.fromEntries(texts.map((text, index) => [`f${index}`, text]));
  const { after } = await commitFiles(repository, files);
  const found = await Promise.all(texts.map((_, index) => repository.objects.read(repository.gitDir, `${after}:f${index}`, 100_000)));
  expect(found.map((object) => object?.bytes.toString())).toEqual(texts);
});

it('says null for what is not there, also when the name looks like an answer', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { a: 'x' });
  const names = ['nope', 'f'.repeat(40), `${after}:nope`, `${after} blob 3`, 'x\ny', `${after}:a\0`];
  expect(await Promise.all(names.map((name) => repository.objects.read(repository.gitDir, name, 100)))).toEqual(names.map(() => null));
});

it('refuses objects over the limit without losing the others', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const { after } = await commitFiles(repository, { big: 'x'.repeat(3_000_000), small: 'y' });
  const read = (path: string) => repository.objects.read(repository.gitDir, `${after}:${path}`, 1000);
  const results = await Promise.allSettled([read('small'), read('big'), read('small'), read('small')]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(results[1]).toMatchObject({ reason: { name: 'ObjectTooLarge', size: 3_000_000, limit: 1000 } });
  await expect(read('big')).rejects.toThrow(ObjectTooLarge);
  expect((await read('small'))?.bytes.toString()).toBe('y');
});

it('sees objects that came after its process started', async () => {
  await using test = await testRepositories();
  const repository = await test.repositories.create(1);
  const first = (await commitFiles(repository, { a: '1' })).after;
  await repository.objects.read(repository.gitDir, first, 1000);
  const second = (await commitFiles(repository, { b: '1' })).after;
  expect((await repository.objects.read(repository.gitDir, second.slice(0, 9), 1000))?.oid).toBe(second);
});

it('goes on working with more repositories than processes, after idling and after closing', async () => {
  await using test = await testRepositories();
  await using reader = new ObjectReader({ maxProcesses: 2, idleMs: 20 });
  const repositories = await Promise.all([1, 2, 3, 4].map((id) => test.repositories.create(id)));
  const shas = await Promise.all(
    repositories.map(async (repository, index) => (await commitFiles(repository, { a: String(index) })).after),
  );
  const readAll = () => Promise.all(repositories.map(({ gitDir }, index) => reader.read(gitDir, `${shas[index]}:a`, 10)));
  const texts = async () => (await readAll()).map((object) => object?.bytes.toString());
  expect(await texts()).toEqual(['0', '1', '2', '3']);
  expect(reader.processes).toBeGreaterThan(0);
  await until(() => reader.processes === 0, 'idle processes to end');
  expect(await texts()).toEqual(['0', '1', '2', '3']);
  await reader.close();
  expect(await texts()).toEqual(['0', '1', '2', '3']);
});

it('fails with what git says when there is no repository', async () => {
  await using reader = new ObjectReader();
  await expect(reader.read('/nonexistent/x.git', 'HEAD', 10)).rejects.toThrow('git cat-file: not a git repository');
});
