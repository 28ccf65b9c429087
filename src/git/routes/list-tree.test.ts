import { Errors } from 'typebox/schema';
import { expect, it } from 'vitest';
import { commitOver } from '../../../test/harness/git-project.ts';
import { startTestServer } from '../../../test/harness/server.ts';
import { TreeEntryReply } from '../tree-api.ts';

it('lists the entries of a folder, folders first', async () => {
  await using server = await startTestServer();
  const project = await server.build.project();
  const path = `/projects/${project.id}/repository/tree`;
  expect(await server.root.get(path)).toMatchObject({ status: 404, body: { message: '404 Tree Not Found' } });
  const first = await commitOver(server.root, project, { 'a.txt': '1', 'z/b.txt': '2', 'z/y/c.txt': '3' });
  await commitOver(server.root, project, { 'later.txt': '4' });
  const paths = async (query: Record<string, string | boolean | number> = {}) =>
    ((await server.root.get(path, { query })).body as { path: string }[]).map((entry) => entry.path);
  const { body, headers } = await server.root.get(path, { query: { ref: first } });
  expect(Errors(TreeEntryReply, (body as unknown[])[0])).toEqual([true, []]);
  expect(body).toMatchObject([
    { name: 'z', type: 'tree', path: 'z', mode: '040000' },
    { name: 'a.txt', type: 'blob', path: 'a.txt', mode: '100644' },
  ]);
  expect(headers.get('x-total')).toBe('2');
  expect(await paths()).toEqual(['z', 'a.txt', 'later.txt']);
  expect(await paths({ path: 'z/' })).toEqual(['z/y', 'z/b.txt']);
  expect(await paths({ recursive: true })).toEqual(['z', 'z/y', 'a.txt', 'later.txt', 'z/b.txt', 'z/y/c.txt']);
  expect(await paths({ recursive: true, per_page: 2, page: 2 })).toEqual(['a.txt', 'later.txt']);
  const lost = { status: 404, body: { message: '404 invalid revision or path Not Found' } };
  expect(await server.root.get(path, { query: { path: 'no' } })).toMatchObject(lost);
  expect(await server.root.get(path, { query: { path: 'a.txt' } })).toMatchObject(lost);
  expect(await server.root.get(path, { query: { ref: 'no' } })).toMatchObject({ status: 404, body: { message: '404 Tree Not Found' } });
});
