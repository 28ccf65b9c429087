import { Gitlab } from '@gitbeaker/rest';
import { expect, it } from 'vitest';
import { startTestServer } from '../../../test/harness/server.ts';

it('serves a public client of the API', async () => {
  await using server = await startTestServer();
  const { id, fullPath } = await server.build.project();
  const client = new Gitlab({ host: server.url, token: server.rootToken });
  const commit = await client.Commits.create(id, 'main', 'Start', [
    { action: 'create', filePath: 'src/a.txt', content: 'one' },
    { action: 'create', filePath: 'b.txt', content: Buffer.from('two').toString('base64'), encoding: 'base64' },
  ]);
  expect(commit.title).toBe('Start');
  await client.RepositoryFiles.create(fullPath, 'c d.txt', 'main', 'three', 'More');
  await client.RepositoryFiles.edit(fullPath, 'c d.txt', 'main', 'four', 'More');
  const file = await client.RepositoryFiles.show(id, 'c d.txt', 'main');
  expect(Buffer.from(file.content, 'base64').toString()).toBe('four');
  const raw = await client.RepositoryFiles.showRaw(id, 'src/a.txt', 'main');
  expect(typeof raw === 'string' ? raw : await raw.text()).toBe('one');
  await client.RepositoryFiles.remove(id, 'c d.txt', 'main', 'Less');
  expect((await client.Commits.all(id, { perPage: 2 })).map(({ title }) => title)).toEqual(['Less', 'More', 'More', 'Start']);
  expect((await client.Commits.show(id, 'main')).stats).toEqual({ additions: 0, deletions: 1, total: 1 });
  expect(await client.Commits.allReferences(id, commit.id)).toMatchObject([{ type: 'branch', name: 'main' }]);
  const tree = await client.Repositories.allRepositoryTrees(id, { recursive: true, perPage: 1 });
  expect(tree.map(({ path }) => path)).toEqual(['src', 'b.txt', 'src/a.txt']);
  await client.Branches.create(id, 'topic/x', 'main');
  expect((await client.Branches.show(id, 'topic/x')).default).toBe(false);
  await client.Branches.remove(id, 'topic/x');
  expect((await client.Branches.all(id)).map(({ name }) => name)).toEqual(['main']);
  await client.Tags.create(id, 'v1', 'main', { message: 'One' });
  expect((await client.Tags.all(id)).map(({ name, message }) => [name, message])).toEqual([['v1', 'One']]);
  await client.Tags.remove(id, 'v1');
  expect(await client.Tags.all(id)).toEqual([]);
});
