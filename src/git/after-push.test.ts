import { pino } from 'pino';
import { expect, it } from 'vitest';
import { cloneOf, commitOver, remoteOf } from '../../test/harness/git-project.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { findProject } from '../namespaces/project-store.ts';
import type { MovedRefs } from './app.ts';
import { ZERO_OID } from './ref-name.ts';

it('tells the rooms above what has moved, by whom and in which project', async () => {
  await using server = await startTestServer();
  const project = await server.build.project();
  const developer = await server.build.member({ project }, 'developer');
  const { app } = server.baton;
  const heard: unknown[] = [];
  app.refsUpdated = (moved, user, push: MovedRefs) => {
    heard.push([moved.defaultBranch, user.username, push]);
    return Promise.resolve(['One line', 'and another']);
  };
  const first = await commitOver(developer.api, project, { a: '1' });
  await using work = await cloneOf(remoteOf(server, project, developer.token));
  const second = await work.commit('b');
  const { stderr } = await work.attempt('push', 'origin', 'main', 'main:refs/heads/x', '-o', 'ci.skip', '-o', 'ci.variable="A=1"');
  expect(stderr).toMatch(/remote: One line *\nremote: and another/);
  await developer.api.delete(`/projects/${project.id}/repository/branches/x`);
  const { username } = developer.user;
  const none = { skipCi: false, variables: [] };
  const main = 'refs/heads/main';
  expect(heard).toEqual([
    ['main', username, { ...none, updates: [{ ref: main, before: ZERO_OID, after: first }] }],
    [
      'main',
      username,
      {
        skipCi: true,
        variables: [{ key: 'A', value: '1' }],
        updates: [
          { ref: main, before: first, after: second },
          { ref: 'refs/heads/x', before: ZERO_OID, after: second },
        ],
      },
    ],
    ['main', username, { ...none, updates: [{ ref: 'refs/heads/x', before: second, after: ZERO_OID }] }],
  ]);
});

it('keeps what was pushed, and logs it, when what should follow fails', async () => {
  await using server = await startTestServer();
  const project = await server.build.project();
  const { app } = server.baton;
  const logged: string[] = [];
  app.log = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) });
  app.refsUpdated = () => Promise.reject(new Error('no pipelines today'));
  const sha = await commitOver(server.root, project, { a: '1' });
  expect(logged).toEqual([expect.stringContaining('no pipelines today')]);
  expect((await server.root.get(`/projects/${project.id}/repository/commits/main`)).body).toMatchObject({ id: sha });
  await using work = await cloneOf(remoteOf(server, project, server.rootToken));
  await work.commit('b');
  const { code, stderr } = await work.attempt('push', 'origin', 'main');
  expect([code, stderr]).toEqual([0, expect.stringContaining('The push is stored, but what should follow from it has failed')]);
  expect(logged).toHaveLength(2);
});

it('settles the default branch after the first branches only', async () => {
  await using server = await startTestServer();
  const project = await server.build.project();
  const branchOf = async () => (await findProject(server.baton.app.db, project.id))?.defaultBranch;
  await commitOver(server.root, project, { a: '1' }, 'trunk');
  expect(await branchOf()).toBe('trunk');
  await server.root.post(`/projects/${project.id}/repository/branches`, { json: { branch: 'main', ref: 'trunk' } });
  expect(await branchOf()).toBe('trunk');
});
