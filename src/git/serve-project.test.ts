import { describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { GitClient } from '../../test/harness/git-client.ts';
import { cloneOf, commitOver, remoteOf } from '../../test/harness/git-project.ts';
import { createPipelinesFactory } from '../../test/harness/pipelines-factory.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import { newToken, tokenDigest } from '../lib/ids.ts';
import { insertProtectedRef } from '../namespaces/protected-ref-store.ts';
import { findProject } from '../namespaces/project-store.ts';
import type { Project } from '../namespaces/project.ts';
import { refValue } from './refs.ts';

const fetchRefs = 'info/refs?service=git-upload-pack';
const pushRefs = 'info/refs?service=git-receive-pack';

/** Asks for the refs as git does, and gives what can be seen of the answer. */
async function ask(server: TestServer, project: { fullPath: string }, what: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/${project.fullPath}.git/${what}`, { headers, redirect: 'manual' });
  return { status: response.status, challenge: response.headers.get('www-authenticate'), text: await response.text() };
}

function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function protect(server: TestServer, project: Project, name: string, more: Partial<{ pushLevel: number; allowForcePush: boolean }> = {}) {
  const rule = { projectId: project.id, kind: 'branch', name, pushLevel: 40, mergeLevel: 40, allowForcePush: false, ...more } as const;
  return server.baton.app.write((tx) => insertProtectedRef(tx, rule, 1));
}

describe.each(engines)('a repository on %s', (engine) => {
  it('is pushed to and cloned with a token, and the project follows', async () => {
    await using server = await startTestServer({ engine });
    const owner = await server.build.person();
    const project = await server.build.project({ owner, path: 'app' });
    await server.build.member({ project }, 'owner', owner);
    await using work = await cloneOf(remoteOf(server, project, owner.token));
    const sha = await work.commit('README.md', 'Hello');
    server.clock.advance(60_000);
    await work.git('push', '--quiet', 'origin', 'HEAD:refs/heads/trunk');
    const { app } = server.baton;
    const followed = await findProject(app.db, project.id);
    // The branch of the settings does not exist; the first one that does takes its place.
    expect(followed).toMatchObject({ defaultBranch: 'trunk', lastActivityAt: server.clock.now() });
    await using copy = await cloneOf(remoteOf(server, project, owner.token));
    expect(await copy.git('rev-parse', 'HEAD')).toBe(sha);
    expect(await copy.git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('trunk');
    expect(await refValue(app.repositories.at(project.id), 'refs/heads/trunk')).toBe(sha);
  });
});

it('makes a pipeline of a push, says so, and obeys the push options', async () => {
  await using server = await startTestServer();
  const project = await server.build.project();
  await using work = await cloneOf(remoteOf(server, project, server.rootToken));
  await work.commit('.gitlab-ci.yml', 'work:\n  script: [make]\n');
  const { stderr } = await work.attempt('push', 'origin', 'HEAD:refs/heads/main', '-o', 'ci.variable=MODE=fast');
  expect(stderr).toContain(`remote: Pipeline #1: ${server.url}/${project.fullPath}/-/pipelines/`);
  const { body } = await server.root.get(`/projects/${project.id}/pipelines`);
  expect(body).toHaveLength(1);
  const [pipeline] = body as { id: number }[];
  const { body: variables } = await server.root.get(`/projects/${project.id}/pipelines/${pipeline?.id}/variables`);
  expect(variables).toMatchObject([{ key: 'MODE', value: 'fast' }]);
  await work.commit('more');
  await work.git('push', '--quiet', 'origin', 'HEAD:refs/heads/main', '-o', 'ci.skip');
  const { body: after } = await server.root.get(`/projects/${project.id}/pipelines`);
  expect(after).toMatchObject([{ status: 'skipped' }, { id: pipeline?.id }]);
});

it('challenges whoever has not signed in, whatever they ask for, but for fetches of public projects', async () => {
  await using server = await startTestServer();
  const hidden = await server.build.project();
  const internal = await server.build.project({ visibility: 'internal' });
  const open = await server.build.project({ visibility: 'public' });
  const nobody = { fullPath: 'no/such' };
  const challenge = { status: 401, challenge: 'Basic realm="Baton"', text: 'HTTP Basic: Access denied\n' };
  for (const project of [hidden, internal, nobody]) expect(await ask(server, project, fetchRefs)).toEqual(challenge);
  for (const project of [hidden, open, nobody]) expect(await ask(server, project, pushRefs)).toEqual(challenge);
  expect(await ask(server, open, fetchRefs)).toMatchObject({ status: 200, challenge: null });
  for (const bad of [
    basic('root', 'wrong'),
    basic('root', ''),
    basic('gitlab-ci-token', server.rootToken),
    { Authorization: 'Digest x' },
  ]) {
    expect(await ask(server, open, fetchRefs, bad)).toEqual(challenge);
  }
  await using client = await GitClient.create();
  await client.run('clone', '--quiet', remoteOf(server, open, null), 'copy');
  const { code, stderr } = await client.attempt(['clone', remoteOf(server, hidden, newToken('glpat-')), 'other']);
  expect(code).toBe(128);
  expect(stderr).toContain('Authentication failed');
});

it('takes tokens in all the ways that git and scripts send them', async () => {
  await using server = await startTestServer();
  const project = await server.build.project();
  const { rootToken } = server;
  const ways = [
    basic('x', rootToken),
    basic('oauth2', rootToken),
    { 'PRIVATE-TOKEN': rootToken },
    { Authorization: `Bearer ${rootToken}` },
  ];
  for (const headers of ways) expect(await ask(server, project, fetchRefs, headers)).toMatchObject({ status: 200 });
  const dead = await server.build.person({ expiresAt: '2000-01-01' });
  expect(await ask(server, project, fetchRefs, basic('x', dead.token))).toMatchObject({ status: 401 });
  const blocked = await server.build.person();
  await server.root.post(`/users/${blocked.user.id}/block`);
  expect(await ask(server, project, fetchRefs, basic('x', blocked.token))).toMatchObject({
    status: 403,
    text: '403 Forbidden - Your account has been blocked.\n',
  });
});

it('looks at role and scope, and hides what cannot be seen', async () => {
  await using server = await startTestServer();
  const project = await server.build.project();
  const outsider = await server.build.person();
  const gone = "The project you were looking for could not be found or you don't have permission to view it.\n";
  expect(await ask(server, project, fetchRefs, basic('x', outsider.token))).toMatchObject({ status: 404, text: gone });
  expect(await ask(server, { fullPath: 'no/such' }, pushRefs, basic('x', outsider.token))).toMatchObject({ status: 404, text: gone });
  const guest = await server.build.member({ project }, 'guest');
  expect(await ask(server, project, fetchRefs, basic('x', guest.token))).toMatchObject({
    status: 403,
    text: 'You are not allowed to download code from this project.\n',
  });
  const reporter = await server.build.member({ project }, 'reporter');
  expect(await ask(server, project, fetchRefs, basic('x', reporter.token))).toMatchObject({ status: 200 });
  expect(await ask(server, project, pushRefs, basic('x', reporter.token))).toMatchObject({
    status: 403,
    text: 'You are not allowed to push code to this project.\n',
  });
  const statuses: Record<string, number[]> = {};
  for (const scope of ['api', 'read_api', 'read_repository', 'write_repository'] as const) {
    const person = await server.build.member({ project }, 'developer', await server.build.person({ scopes: [scope] }));
    const asked = [
      await ask(server, project, fetchRefs, basic('x', person.token)),
      await ask(server, project, pushRefs, basic('x', person.token)),
    ];
    statuses[scope] = asked.map(({ status }) => status);
  }
  expect(statuses).toEqual({ api: [200, 200], read_api: [403, 403], read_repository: [200, 403], write_repository: [200, 200] });
  await server.baton.app.write((tx) => tx.updateTable('projects').set({ archived: 1 }).where('id', '=', project.id).execute());
  expect(await ask(server, project, pushRefs, basic('x', server.rootToken))).toMatchObject({
    status: 403,
    text: 'The project is archived and takes no pushes.\n',
  });
});

it('lets the token of a running job read what its user may read, and push nowhere', async () => {
  await using server = await startTestServer();
  const project = await server.build.project();
  const [other, hidden] = [await server.build.project(), await server.build.project()];
  const person = await server.build.member({ project }, 'developer');
  await server.build.member({ project: other }, 'reporter', person);
  for (const one of [project, other]) await commitOver(server.root, one, { 'a.txt': one.path });
  const made = await createPipelinesFactory(server.baton.app).pipeline(project, { work: {} }, { userId: person.user.id });
  const { body } = await server.root.post('/user/runners', { json: { runner_type: 'instance_type' } });
  const token = newToken('glcbt-');
  const job = await made.run('work', { runnerId: (body as { id: number }).id, tokenDigest: tokenDigest(token) });
  for (const readable of [project, other]) {
    await using copy = await cloneOf(remoteOf(server, readable, token, 'gitlab-ci-token'));
    expect(await copy.git('show', 'HEAD:a.txt')).toBe(readable.path);
    await copy.commit('b.txt');
    const { code, stderr } = await copy.attempt('push', 'origin', 'HEAD:main');
    expect([code, stderr]).toEqual([128, expect.stringContaining('the token of a job can only read')]);
  }
  const credentials = basic('gitlab-ci-token', token);
  expect(await ask(server, hidden, fetchRefs, credentials)).toMatchObject({ status: 404 });
  expect(await ask(server, project, fetchRefs, basic('somebody', token))).toMatchObject({ status: 401 });
  // Its user has lost the project; the job goes on in it to its end.
  await server.root.delete(`/projects/${project.id}/members/${person.user.id}`);
  expect(await ask(server, project, fetchRefs, credentials)).toMatchObject({ status: 200 });
  await server.root.post(`/projects/${project.id}/jobs/${job.id}/cancel`);
  expect(await ask(server, project, fetchRefs, credentials)).toMatchObject({ status: 401, text: 'HTTP Basic: Access denied\n' });
});

it('keeps protected branches, the default branch and the refs of pipelines', async () => {
  await using server = await startTestServer();
  const project = await server.build.project();
  await commitOver(server.root, project, { 'a.txt': '1' });
  await protect(server, project, 'main', { pushLevel: 40 });
  await protect(server, project, 'soft-*', { pushLevel: 30 });
  const developer = await server.build.member({ project }, 'developer');
  const maintainer = await server.build.member({ project }, 'maintainer');
  await using theirs = await cloneOf(remoteOf(server, project, developer.token));
  await theirs.commit('b.txt');
  const refusedPush = await theirs.attempt('push', 'origin', 'HEAD:main', 'HEAD:refs/heads/topic');
  expect(refusedPush.code).toBe(1);
  expect(refusedPush.stderr).toContain('remote: You are not allowed to push code to protected branches on this project.');
  await theirs.git('push', '--quiet', 'origin', 'HEAD:refs/heads/topic', 'HEAD:refs/heads/soft-1');
  await theirs.git('commit', '--quiet', '--amend', '-m', 'Other');
  const forced = await theirs.attempt('push', 'origin', '+HEAD:soft-1');
  expect(forced.stderr).toContain('remote: You are not allowed to force push code to a protected branch on this project.');
  await theirs.git('push', '--quiet', 'origin', '+HEAD:topic');
  const foreign = await theirs.attempt('push', 'origin', 'HEAD:refs/pipelines/7');
  expect(foreign.stderr).toContain('refs/pipelines/7 belongs to the server and cannot be pushed.');
  await using ours = await cloneOf(remoteOf(server, project, maintainer.token));
  await ours.commit('c.txt');
  await ours.git('push', '--quiet', 'origin', 'HEAD:main');
  for (const [branch, message] of [
    ['main', 'The default branch of a project cannot be deleted.'],
    ['soft-1', 'You can only delete protected branches over the API.'],
  ] as const) {
    expect((await ours.attempt('push', 'origin', '--delete', branch)).stderr).toContain(`remote: ${message}`);
  }
  await ours.git('push', '--quiet', 'origin', '--delete', 'topic');
});

it('sends git to the address with .git, and leaves what is none of its business to others', async () => {
  await using server = await startTestServer();
  const project = await server.build.project({ visibility: 'public' });
  const base = `${server.url}/${project.fullPath}`;
  const moved = await fetch(`${base}/${fetchRefs}`, { redirect: 'manual' });
  expect([moved.status, moved.headers.get('location')]).toEqual([301, `/${project.fullPath}.git/${fetchRefs}`]);
  await using client = await GitClient.create();
  await client.run('clone', '--quiet', base, 'copy');
  const dumb = await fetch(`${base}.git/info/refs`);
  expect([dumb.status, await dumb.text()]).toEqual([403, expect.stringContaining('Dumb HTTP is not supported')]);
  const unknown = { error: '404 Not Found' };
  for (const [method, path] of [
    ['GET', '/no/such/page'],
    ['POST', '/no/such/page'],
    ['GET', '/api/v4/no/such'],
    ['POST', '/api/v4/no/such'],
    ['GET', `/${project.fullPath}.git/git-upload-pack`],
    ['POST', `/${project.fullPath}.git/${fetchRefs}`],
  ] as const) {
    const response = await fetch(`${server.url}${path}`, { method });
    expect([path, response.status, await response.json()]).toEqual([path, 404, unknown]);
  }
  const head = await fetch(`${base}.git/${fetchRefs}`, { method: 'HEAD' });
  expect(head.status).toBe(404);
});
