import { hash } from 'node:crypto';
import { Errors } from 'typebox/schema';
import { expect, it } from 'vitest';
import { startTestServer } from '../../../test/harness/server.ts';
import { FileReply } from '../file-api.ts';

async function start() {
  const server = await startTestServer();
  const project = await server.build.project();
  const path = (file: string, more = '') => `/projects/${project.id}/repository/files/${encodeURIComponent(file)}${more}`;
  const put = (file: string, content: string, json: Record<string, unknown> = {}) =>
    server.root.post(path(file), { json: { branch: 'main', commit_message: `Add ${file}`, content, ...json } });
  return { server, project, path, put };
}

it('shows a file with its content, as bytes, and in headers alone', async () => {
  const { server, path, put } = await start();
  await using _ = server;
  const bytes = Buffer.from([0, 1, 2, 254, 255]);
  expect(await put('src/größe.bin', bytes.toString('base64'), { encoding: 'base64', execute_filemode: true })).toMatchObject({
    status: 201,
    body: { file_path: 'src/größe.bin', branch: 'main' },
  });
  await put('other.txt', 'Hello');
  const { status, body, headers } = await server.root.get(path('src/größe.bin'), { query: { ref: 'main' } });
  expect(status).toBe(200);
  expect(Errors(FileReply, body)).toEqual([true, []]);
  expect(body).toMatchObject({
    file_name: 'größe.bin',
    file_path: 'src/größe.bin',
    size: 5,
    encoding: 'base64',
    content: bytes.toString('base64'),
    content_sha256: hash('sha256', bytes, 'hex'),
    ref: 'main',
    execute_filemode: true,
  });
  expect(body.last_commit_id).not.toBe(body.commit_id);
  expect(headers.get('x-gitlab-size')).toBe('5');
  const head = await server.root.call('HEAD', path('src/größe.bin'), { query: { ref: 'main' } });
  expect([head.status, head.bytes.length, head.headers.get('x-gitlab-blob-id')]).toEqual([200, 0, body.blob_id]);
  expect(head.headers.get('x-gitlab-file-path')).toBe('src/gr%C3%B6%C3%9Fe.bin');
  const raw = await server.root.get(path('src/größe.bin', '/raw'));
  expect([raw.bytes, raw.headers.get('content-type'), raw.headers.get('x-content-type-options')]).toEqual([
    bytes,
    'application/octet-stream',
    'nosniff',
  ]);
  const text = await server.root.get(path('other.txt', '/raw'), { query: { ref: 'HEAD' } });
  expect([text.body, text.headers.get('content-type')]).toEqual(['Hello', 'text/plain; charset=utf-8']);
});

it('changes and removes files, also on new branches', async () => {
  const { server, project, path, put } = await start();
  await using _ = server;
  await put('a.txt', 'one', { author_name: 'Ada', author_email: 'ada@example.com' });
  const change = { branch: 'main', commit_message: 'Change' };
  expect(await put('a.txt', 'two')).toMatchObject({ status: 400, body: { message: 'A file with this name already exists' } });
  const seen = (await server.root.get(path('a.txt'), { query: { ref: 'main' } })).body as { last_commit_id: string };
  const updated = await server.root.put(path('a.txt'), { form: { ...change, content: 'two', last_commit_id: seen.last_commit_id } });
  expect(updated).toMatchObject({ status: 200, body: { file_path: 'a.txt', branch: 'main' } });
  const stale = await server.root.put(path('a.txt'), { json: { ...change, content: 'three', last_commit_id: seen.last_commit_id } });
  expect(stale).toMatchObject({
    status: 400,
    body: { message: 'You are attempting to update a file that has changed since you started editing it.' },
  });
  await server.root.put(path('a.txt'), { json: { ...change, content: 'two', execute_filemode: true } });
  const { body } = await server.root.get(path('a.txt'), { query: { ref: 'main' } });
  expect(body).toMatchObject({ content: Buffer.from('two').toString('base64'), execute_filemode: true });
  const removed = await server.root.delete(path('a.txt'), { query: { ...change, branch: 'topic', start_branch: 'main' } });
  expect([removed.status, removed.bytes.length]).toEqual([204, 0]);
  expect((await server.root.get(path('a.txt'), { query: { ref: 'topic' } })).status).toBe(404);
  expect((await server.root.get(path('a.txt'), { query: { ref: 'main' } })).status).toBe(200);
  const { body: commits } = await server.root.get(`/projects/${project.id}/repository/commits`, { query: { ref_name: 'topic' } });
  expect(commits).toMatchObject([{ title: 'Change' }, { title: 'Change' }, { title: 'Change' }, { author_name: 'Ada' }]);
});

it('says what is not there, not allowed, missing or too large', async () => {
  const { server, project, path, put } = await start();
  await using _ = server;
  await put('dir/a.txt', 'one');
  const get = (file: string, query: Record<string, string>) => server.root.get(path(file), { query });
  expect(await get('no', { ref: 'main' })).toMatchObject({ status: 404, body: { message: '404 File Not Found' } });
  expect(await get('dir', { ref: 'main' })).toMatchObject({ status: 404, body: { message: '404 File Not Found' } });
  expect(await get('../dir/a.txt', { ref: 'main' })).toMatchObject({ status: 404, body: { message: '404 File Not Found' } });
  expect(await get('dir/a.txt', { ref: 'no' })).toMatchObject({ status: 404, body: { message: '404 Commit Not Found' } });
  expect(await get('dir/a.txt', {})).toMatchObject({ status: 400, body: { error: 'ref is missing' } });
  expect(await server.root.post(path('b'), { json: {} })).toMatchObject({
    status: 400,
    body: { error: 'branch is missing, commit_message is missing, content is missing' },
  });
  expect(await put('b', '*', { encoding: 'base64' })).toMatchObject({ status: 400, body: { error: 'content is not valid base64' } });
  expect(await put('.git/config', 'x')).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('reserved for git') as string },
  });
  const reporter = await server.build.member({ project }, 'reporter');
  for (const method of ['POST', 'PUT', 'DELETE']) {
    expect((await reporter.api.call(method, path('b'), { json: { branch: 'main', commit_message: 'x', content: 'x' } })).status).toBe(403);
    expect((await server.api.call(method, path('b'))).status).toBe(401);
  }
  expect((await put('large', 'x'.repeat(19 * 1024 * 1024))).status).toBe(201);
  const tooLarge = { status: 413, body: { message: '413 Request Entity Too Large - at most 20 MiB' } };
  expect(await put('larger', 'x'.repeat(21 * 1024 * 1024))).toMatchObject(tooLarge);
  // Nobody else makes the server hold so much.
  const content = 'x'.repeat(2 * 1024 * 1024);
  const outsider = await server.build.person();
  const scoped = await server.build.token(await server.build.member({ project }, 'developer'), ['read_api']);
  const statuses = await Promise.all(
    [server.api, outsider.api, reporter.api, scoped].map(async (api) => (await api.post(path('c'), { json: { content } })).status),
  );
  expect(statuses).toEqual([401, 404, 403, 403]);
  const query = { private_token: server.rootToken };
  expect((await server.api.post(path('c'), { json: { branch: 'main', commit_message: 'x', content }, query })).status).toBe(201);
});

it('lets anybody read the code of a public project', async () => {
  const { server, project, path, put } = await start();
  await using _ = server;
  await put('a.txt', 'one');
  expect((await server.api.get(path('a.txt', '/raw'))).status).toBe(404);
  await server.baton.app.write((tx) => tx.updateTable('projects').set({ visibility: 'public' }).where('id', '=', project.id).execute());
  expect((await server.api.get(path('a.txt', '/raw'))).body).toBe('one');
});
