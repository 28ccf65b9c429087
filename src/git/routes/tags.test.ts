import { Errors } from 'typebox/schema';
import { expect, it } from 'vitest';
import { cloneOf, commitOver, remoteOf } from '../../../test/harness/git-project.ts';
import { startTestServer } from '../../../test/harness/server.ts';
import { insertProtectedRef } from '../../namespaces/protected-ref-store.ts';
import { TagReply } from '../tag-api.ts';

async function start() {
  const server = await startTestServer();
  const project = await server.build.project();
  const path = `/projects/${project.id}/repository/tags`;
  const sha = await commitOver(server.root, project, { a: '1' });
  const protect = (name: string, pushLevel: number) =>
    server.baton.app.write((tx) =>
      insertProtectedRef(tx, { projectId: project.id, kind: 'tag', name, pushLevel, mergeLevel: 0, allowForcePush: false }, 1),
    );
  return { server, project, path, sha, protect };
}

const names = (body: unknown) => (body as { name: string }[]).map(({ name }) => name);

it('makes lightweight and annotated tags and shows them', async () => {
  const { server, project, path, sha } = await start();
  await using _ = server;
  const light = await server.root.post(path, { form: { tag_name: 'v1', ref: 'main' } });
  expect(light.status).toBe(201);
  expect(Errors(TagReply, light.body)).toEqual([true, []]);
  expect(light.body).toMatchObject({
    name: 'v1',
    message: null,
    target: sha,
    commit: { id: sha },
    release: null,
    protected: false,
    created_at: null,
  });
  const noted = await server.root.post(path, { json: { tag_name: 'rel/2', ref: sha, message: 'Second\n\n<notes> & "more"' } });
  expect(Errors(TagReply, noted.body)).toEqual([true, []]);
  const at = new Date(Math.floor(server.clock.now() / 1000) * 1000).toISOString();
  expect(noted.body).toMatchObject({ name: 'rel/2', message: 'Second\n\n<notes> & "more"', commit: { id: sha }, created_at: at });
  expect(noted.body.target).not.toBe(sha);
  expect((await server.root.get(`${path}/rel%2F2`)).body).toEqual(noted.body);
  await using copy = await cloneOf(remoteOf(server, project, server.rootToken));
  expect(await copy.git('tag', '-l', '--format=%(objecttype) %(taggername) %(subject)', 'rel/2')).toBe('tag Administrator Second');
  expect(await copy.git('fsck', '--strict')).toBe('');
});

it('lists tags in the order that is asked for', async () => {
  const { server, path } = await start();
  await using _ = server;
  for (const name of ['v1.10', 'v1.9', 'other']) {
    server.clock.advance(5000);
    await server.root.post(path, { json: { tag_name: name, ref: 'main', message: name } });
  }
  const list = async (query: Record<string, string | number> = {}) => names((await server.root.get(path, { query })).body);
  expect(await list()).toEqual(['other', 'v1.9', 'v1.10']);
  expect(await list({ sort: 'asc' })).toEqual(['v1.10', 'v1.9', 'other']);
  expect(await list({ order_by: 'name', sort: 'asc' })).toEqual(['other', 'v1.10', 'v1.9']);
  expect(await list({ order_by: 'version', sort: 'desc', search: '^v' })).toEqual(['v1.10', 'v1.9']);
  expect(await list({ per_page: 1, page: 3 })).toEqual(['v1.10']);
  expect((await server.root.get(path, { query: { order_by: 'size' } })).body).toEqual({ error: 'order_by does not have a valid value' });
});

it('makes pipelines of tags', async () => {
  const { server, project, path } = await start();
  await using _ = server;
  await commitOver(server.root, project, { '.gitlab-ci.yml': 'a:\n  script: [x]\n' });
  await server.root.post(path, { json: { tag_name: 'v1', ref: 'main', message: 'One' } });
  const { body } = await server.root.get(`/projects/${project.id}/pipelines`, { query: { ref: 'v1' } });
  expect(body).toMatchObject([{ ref: 'v1', source: 'push' }]);
});

it('says why a tag cannot be made', async () => {
  const { server, project, path, protect } = await start();
  await using _ = server;
  await protect('v*', 40);
  const developer = await server.build.member({ project }, 'developer');
  await developer.api.post(path, { json: { tag_name: 'w1', ref: 'main' } });
  for (const [json, message] of [
    [{ tag_name: 'a b', ref: 'main' }, 'Tag name invalid'],
    [{ tag_name: 'x', ref: 'no' }, 'Target no is invalid'],
    [{ tag_name: 'w1', ref: 'main' }, 'Tag w1 already exists'],
    [{ tag_name: 'w1', ref: 'main', message: 'x' }, 'Tag w1 already exists'],
  ] as const) {
    expect(await developer.api.post(path, { json })).toMatchObject({ status: 400, body: { message } });
  }
  expect(await developer.api.post(path, { json: { tag_name: 'v1', ref: 'main', message: 'x' } })).toMatchObject({
    status: 403,
    body: { message: '403 Forbidden - You are not allowed to create this tag as it is protected.' },
  });
  expect(await server.root.post(path, { json: { tag_name: 'v1', ref: 'main' } })).toMatchObject({ status: 201, body: { protected: true } });
});

it('deletes tags, protected ones for maintainers only', async () => {
  const { server, project, path, protect } = await start();
  await using _ = server;
  for (const tag_name of ['v1', 'w/1']) await server.root.post(path, { json: { tag_name, ref: 'main', message: 'x' } });
  await protect('v*', 30);
  const developer = await server.build.member({ project }, 'developer');
  expect((await developer.api.delete(`${path}/v1`)).status).toBe(403);
  expect((await developer.api.delete(`${path}/w%2F1`)).status).toBe(204);
  expect(await developer.api.delete(`${path}/w%2F1`)).toMatchObject({ status: 404, body: { message: '404 Tag Not Found' } });
  expect((await server.root.delete(`${path}/v1`, { headers: { 'If-Unmodified-Since': new Date(0).toUTCString() } })).status).toBe(412);
  expect((await server.root.delete(`${path}/v1`)).status).toBe(204);
  expect((await server.root.get(path)).body).toEqual([]);
});
