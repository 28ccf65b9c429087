import { Errors } from 'typebox/schema';
import { expect, it } from 'vitest';
import { cloneOf, commitOver, remoteOf } from '../../../test/harness/git-project.ts';
import { startTestServer } from '../../../test/harness/server.ts';
import { insertProtectedRef } from '../../namespaces/protected-ref-store.ts';
import { BranchReply } from '../branch-api.ts';

async function start() {
  const server = await startTestServer();
  const project = await server.build.project();
  const path = `/projects/${project.id}/repository/branches`;
  const protect = (name: string, pushLevel: number, mergeLevel = 40) =>
    server.baton.app.write((tx) =>
      insertProtectedRef(tx, { projectId: project.id, kind: 'branch', name, pushLevel, mergeLevel, allowForcePush: false }, 1),
    );
  return { server, project, path, protect };
}

const names = (body: unknown) => (body as { name: string }[]).map(({ name }) => name);

it('makes a branch, shows it, and lists all by name', async () => {
  const { server, project, path, protect } = await start();
  await using _ = server;
  expect((await server.root.get(path)).body).toEqual([]);
  const sha = await commitOver(server.root, project, { a: '1' });
  await protect('main', 40, 30);
  const made = await server.root.post(path, { json: { branch: 'feature/one', ref: 'main' } });
  expect(made.status).toBe(201);
  expect(Errors(BranchReply, made.body)).toEqual([true, []]);
  expect(made.body).toMatchObject({
    name: 'feature/one',
    commit: { id: sha, title: 'Add files' },
    merged: true,
    protected: false,
    developers_can_push: false,
    can_push: true,
    default: false,
    web_url: `${server.url}/${project.fullPath}/-/tree/feature/one`,
  });
  await commitOver(server.root, project, { b: '2' }, 'feature/one');
  const { body } = await server.root.get(`${path}/feature%2Fone`);
  expect(body).toMatchObject({ merged: false });
  await server.root.post(path, { form: { branch: 'by-id', ref: sha } });
  const developer = await server.build.member({ project }, 'developer');
  const { body: all, headers } = await developer.api.get(path);
  expect(names(all)).toEqual(['by-id', 'feature/one', 'main']);
  expect(headers.get('x-total')).toBe('3');
  expect((all as unknown[])[2]).toMatchObject({
    default: true,
    merged: false,
    protected: true,
    developers_can_push: false,
    developers_can_merge: true,
    can_push: false,
  });
  const find = async (query: Record<string, string | number>) => names((await server.root.get(path, { query })).body);
  expect(await find({ search: 'E' })).toEqual(['feature/one']);
  expect(await find({ search: '^b' })).toEqual(['by-id']);
  expect(await find({ search: 'n$' })).toEqual(['main']);
  expect(await find({ search: '^main$' })).toEqual(['main']);
  expect(await find({ per_page: 1, page: 2 })).toEqual(['feature/one']);
  expect(await find({ sort: 'updated_desc' })).toHaveLength(3);
});

it('makes pipelines on a new branch', async () => {
  const { server, project, path } = await start();
  await using _ = server;
  await commitOver(server.root, project, { '.gitlab-ci.yml': 'a:\n  script: [x]\n' });
  await server.root.post(path, { json: { branch: 'topic', ref: 'main' } });
  const { body } = await server.root.get(`/projects/${project.id}/pipelines`);
  expect((body as { ref: string }[]).map(({ ref }) => ref)).toEqual(['topic', 'main']);
});

it('says why a branch cannot be made', async () => {
  const { server, project, path, protect } = await start();
  await using _ = server;
  await commitOver(server.root, project, { a: '1' });
  await protect('release-*', 40);
  const developer = await server.build.member({ project }, 'developer');
  for (const [json, message] of [
    [{ branch: 'a b', ref: 'main' }, 'Branch name is invalid'],
    [{ branch: 'x', ref: 'no' }, 'Invalid reference name: no'],
    [{ branch: 'main', ref: 'main' }, 'Branch already exists'],
    [{ branch: 'main/x', ref: 'main' }, 'The name collides with that of another branch or tag'],
    [{ branch: 'f'.repeat(40), ref: 'main' }, 'You cannot create a branch with a 40-character hexadecimal branch name.'],
  ] as const) {
    expect(await developer.api.post(path, { json })).toMatchObject({ status: 400, body: { message } });
  }
  expect(await developer.api.post(path, { json: { branch: 'release-1', ref: 'main' } })).toMatchObject({
    status: 403,
    body: { message: '403 Forbidden - You are not allowed to create protected branches on this project.' },
  });
  expect(await developer.api.post(path)).toMatchObject({ status: 400, body: { error: 'branch is missing, ref is missing' } });
  const reporter = await server.build.member({ project }, 'reporter');
  expect((await reporter.api.post(path, { json: { branch: 'x', ref: 'main' } })).status).toBe(403);
});

it('deletes branches, but not the default one, and protected ones for maintainers only', async () => {
  const { server, project, path, protect } = await start();
  await using _ = server;
  await commitOver(server.root, project, { a: '1' });
  for (const branch of ['topic', 'release-1', 'kept']) await server.root.post(path, { json: { branch, ref: 'main' } });
  await protect('release-*', 40);
  const developer = await server.build.member({ project }, 'developer');
  const long = { 'If-Unmodified-Since': new Date(0).toUTCString() };
  expect((await developer.api.delete(`${path}/kept`, { headers: long })).status).toBe(412);
  expect(await developer.api.delete(`${path}/topic`)).toMatchObject({ status: 204, body: null });
  expect(await developer.api.delete(`${path}/topic`)).toMatchObject({ status: 404, body: { message: '404 Branch Not Found' } });
  expect((await developer.api.delete(`${path}/release-1`)).status).toBe(403);
  expect((await server.root.delete(`${path}/release-1`)).status).toBe(204);
  expect(await server.root.delete(`${path}/main`)).toMatchObject({
    status: 400,
    body: { message: 'The default branch of a project cannot be deleted.' },
  });
  expect(names((await server.root.get(path)).body)).toEqual(['kept', 'main']);
});

it('counts the lines of a merge against its first parent', async () => {
  const { server, project } = await start();
  await using _ = server;
  await commitOver(server.root, project, { a: '1\n' });
  await using work = await cloneOf(remoteOf(server, project, server.rootToken));
  await work.git('checkout', '--quiet', '-b', 'side');
  await work.commit('b', '1\n2\n');
  await work.git('checkout', '--quiet', 'main');
  await work.commit('c', '1\n');
  await work.git('merge', '--quiet', '--no-ff', '-m', 'Merge', 'side');
  await work.git('push', '--quiet', 'origin', 'main', 'side');
  const commits = `/projects/${project.id}/repository/commits`;
  const { body } = await server.root.get(`${commits}/main`);
  expect(body).toMatchObject({ title: 'Merge', stats: { additions: 2, deletions: 0, total: 2 } });
  expect(body.parent_ids).toHaveLength(2);
  const { body: straight } = await server.root.get(commits, { query: { first_parent: true } });
  expect((straight as { title: string }[]).map(({ title }) => title)).toEqual(['Merge', 'Add c', 'Add files']);
  const { body: side } = await server.root.get(`/projects/${project.id}/repository/branches/side`);
  expect(side).toMatchObject({ merged: true });
});
