import { Errors } from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { commitOver } from '../../../test/harness/git-project.ts';
import { startTestServer, type TestServerOptions } from '../../../test/harness/server.ts';
import { insertProtectedRef } from '../../namespaces/protected-ref-store.ts';
import { CommitDetails, CommitReply } from '../commit-api.ts';

async function start(options: TestServerOptions = {}) {
  const server = await startTestServer(options);
  const project = await server.build.project();
  const path = `/projects/${project.id}/repository/commits`;
  const commit = (json: Record<string, unknown>, as = server.root) =>
    as.post(path, { json: { branch: 'main', commit_message: 'Change', ...json } });
  const read = async (file: string, ref = 'main') => {
    const { body } = await server.root.get(`/projects/${project.id}/repository/files/${encodeURIComponent(file)}/raw`, { query: { ref } });
    return body as unknown;
  };
  return { server, project, path, commit, read };
}

const create = (file_path: string, content = file_path) => ({ action: 'create', file_path, content });

describe.each(engines)('commits over the API on %s', (engine) => {
  it('are made out of actions, shown with what they changed, and make pipelines', async () => {
    const { server, project, path, commit, read } = await start({ engine });
    await using _ = server;
    const config = {
      action: 'create',
      file_path: '.gitlab-ci.yml',
      content: Buffer.from('a:\n  script: [x]\n').toString('base64'),
      encoding: 'base64',
    };
    const first = await commit({
      actions: [create('a.txt', 'one\ntwo\n'), create('dir/b.txt'), config],
      commit_message: 'Start\n\nBody\n\nCo-by: Bo\n',
    });
    expect(first.status).toBe(201);
    expect(Errors(CommitDetails, first.body)).toEqual([true, []]);
    const at = new Date(Math.floor(server.clock.now() / 1000) * 1000).toISOString();
    const root = { name: 'Administrator', email: expect.any(String) as string };
    expect(first.body).toMatchObject({
      title: 'Start',
      message: 'Start\n\nBody\n\nCo-by: Bo\n',
      parent_ids: [],
      created_at: at,
      committer_name: root.name,
      author_name: root.name,
      trailers: { 'Co-by': 'Bo' },
      extended_trailers: { 'Co-by': ['Bo'] },
      stats: { additions: 5, deletions: 0, total: 5 },
      project_id: project.id,
      web_url: `${server.url}/${project.fullPath}/-/commit/${first.body.id}`,
    });
    const { body: pipelines } = await server.root.get(`/projects/${project.id}/pipelines`);
    expect(pipelines).toMatchObject([{ sha: first.body.id, ref: 'main', source: 'push' }]);
    const second = await commit({
      author_name: 'Ada',
      author_email: 'ada@example.com',
      actions: [
        { action: 'update', file_path: 'a.txt', content: 'one\n', last_commit_id: first.body.id },
        { action: 'move', file_path: 'c.txt', previous_path: 'dir/b.txt' },
        { action: 'chmod', file_path: 'c.txt', execute_filemode: true },
        { action: 'delete', file_path: '.gitlab-ci.yml' },
      ],
    });
    expect(second.body).toMatchObject({
      parent_ids: [first.body.id],
      author_name: 'Ada',
      author_email: 'ada@example.com',
      committer_name: root.name,
      stats: { additions: 0, deletions: 3, total: 3 },
    });
    expect([await read('a.txt'), await read('c.txt')]).toEqual(['one\n', 'dir/b.txt']);
    const shown = await server.root.get(`${path}/main`);
    expect(shown.body).toEqual(second.body);
    const short = await server.root.get(`${path}/${first.body.short_id}`, { query: { stats: false } });
    expect(short.body).toEqual({ ...first.body, stats: undefined });
  });
});

it('takes commits as forms too', async () => {
  const { server, path, read } = await start();
  await using _ = server;
  const pairs: [string, string][] = [
    ['branch', 'main'],
    ['commit_message', 'Form'],
    ['actions[][action]', 'create'],
    ['actions[][file_path]', 'a b.txt'],
    ['actions[][content]', 'A & B'],
    ['actions[][action]', 'create'],
    ['actions[][file_path]', 'empty.txt'],
    ['actions[][content]', ''],
  ];
  expect((await server.root.post(path, { form: pairs })).status).toBe(201);
  expect([await read('a b.txt'), await read('empty.txt')]).toEqual(['A & B', null]);
});

it('starts branches, and follows what is asked of an existing one', async () => {
  const { server, path, commit, read } = await start();
  await using _ = server;
  const first = await commit({ actions: [create('a')] });
  const second = await commit({ actions: [create('b')] });
  const topic = await commit({ branch: 'feature/x', start_branch: 'main', actions: [create('c')] });
  expect(topic.body.parent_ids).toEqual([second.body.id]);
  const early = await commit({ branch: 'early', start_sha: first.body.id, actions: [create('d')] });
  expect(early.body.parent_ids).toEqual([first.body.id]);
  expect(await read('c', 'feature/x')).toBe('c');
  for (const [json, message] of [
    [{ branch: 'lost' }, 'You can only create or edit files when you are on a branch'],
    [{ branch: 'early', start_branch: 'main' }, "A branch called 'early' already exists. Switch to that branch in order to make changes"],
    [{ branch: 'x', start_sha: 'f'.repeat(40) }, `Cannot find start_sha '${'f'.repeat(40)}'`],
    [{ branch: 'early/more', start_branch: 'main' }, 'The branch cannot be created: its name collides with that of another branch'],
    [{ branch: 'a..b', start_branch: 'main' }, '"a..b" cannot be the name of a branch.'],
    [{ branch: 'a'.repeat(40), start_branch: 'main' }, 'You cannot create a branch with a 40-character hexadecimal branch name.'],
  ] as const) {
    expect(await commit({ ...json, actions: [create('z')] })).toMatchObject({ status: 400, body: { message } });
  }
  const { body: refs } = await server.root.get(`${path}/${second.body.id}/refs`);
  expect(refs).toEqual(['feature/x', 'main'].map((name) => ({ type: 'branch', name })));
});

it('makes all commits to one branch that come at once, each on top of another', async () => {
  const { server, path, commit } = await start();
  await using _ = server;
  const made = await Promise.all(Array.from({ length: 12 }, (_, index) => commit({ actions: [create(`file-${index}`)] })));
  expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201]));
  expect((await server.root.get(path)).body).toHaveLength(12);
});

it('says what is wrong with a commit, and then changes nothing', async () => {
  const { server, path, commit } = await start();
  await using _ = server;
  await commit({ actions: [create('a', '1'), create('dir/b')] });
  const stale = (await commit({ actions: [{ action: 'update', file_path: 'a', content: '2' }] })).body.parent_ids[0] as string;
  const { body: before } = await server.root.get(`${path}/main`);
  const cases: [Record<string, unknown>, string][] = [
    [{ actions: [create('c'), create('a')] }, 'A file with this name already exists'],
    [{ actions: [create('dir')] }, 'A directory with this name already exists'],
    [{ actions: [{ action: 'update', file_path: 'no', content: '' }] }, "A file with this name doesn't exist"],
    [{ actions: [{ action: 'delete', file_path: 'no' }] }, "A file with this name doesn't exist"],
    [{ actions: [create('../a')] }, 'invalid path: \'../a\': it holds ".."'],
    [
      { actions: [{ action: 'update', file_path: 'a', content: '3', last_commit_id: stale }] },
      'You are attempting to update a file that has changed since you started editing it.',
    ],
    [{ actions: [create('c')], force: true }, 'force is not supported: delete the branch first, or push it with git'],
  ];
  for (const [json, message] of cases) expect(await commit(json)).toMatchObject({ status: 400, body: { message } });
  const parameters: [Record<string, unknown>, string][] = [
    [{}, 'actions is missing'],
    [{ actions: [] }, 'actions is empty'],
    [{ actions: ['x'] }, 'actions is invalid'],
    [{ branch: ' ', commit_message: '', actions: [create('c')] }, 'branch is empty, commit_message is empty'],
    [{ actions: [create('c'), { action: 'destroy' }] }, 'actions[1][action] does not have a valid value, actions[1][file_path] is missing'],
    [{ actions: [{ action: 'create', file_path: 'c' }] }, 'actions[0][content] is missing'],
    [{ actions: [{ action: 'move', file_path: 'c' }] }, 'actions[0][previous_path] is missing'],
    [{ actions: [{ ...create('c', '?'), encoding: 'base64' }] }, 'actions[0][content] is not valid base64'],
  ];
  for (const [json, error] of parameters) expect(await commit(json)).toMatchObject({ status: 400, body: { error } });
  expect((await server.root.get(`${path}/main`)).body).toEqual(before);
});

it('asks for the right role, and keeps protected branches', async () => {
  const { server, project, path, commit } = await start();
  await using _ = server;
  await commit({ actions: [create('a')] });
  const rule = { projectId: project.id, kind: 'branch', name: 'main', pushLevel: 40, mergeLevel: 40, allowForcePush: false } as const;
  await server.baton.app.write((tx) => insertProtectedRef(tx, rule, 1));
  const [guest, reporter, developer, maintainer] = await Promise.all(
    (['guest', 'reporter', 'developer', 'maintainer'] as const).map((role) => server.build.member({ project }, role)),
  );
  const outsider = await server.build.person();
  const write = (api = server.api, branch = 'main', file = 'b') =>
    commit({ branch, start_branch: branch === 'main' ? undefined : 'main', actions: [create(file)] }, api);
  expect((await write()).status).toBe(401);
  expect((await write(outsider.api)).status).toBe(404);
  expect((await write(reporter?.api)).status).toBe(403);
  const text = 'You are not allowed to push code to protected branches on this project.';
  expect(await write(developer?.api)).toMatchObject({ status: 403, body: { message: `403 Forbidden - ${text}` } });
  expect((await write(developer?.api, 'topic')).status).toBe(201);
  expect((await write(maintainer?.api)).status).toBe(201);
  const statuses = await Promise.all(
    [server.api, outsider.api, guest?.api, reporter?.api].map(async (api) => (await api?.get(path))?.status),
  );
  expect(statuses).toEqual([404, 404, 403, 200]);
  const scoped = await server.build.token(await server.build.member({ project }, 'developer'), ['read_repository']);
  expect([(await scoped.get(path)).status, (await write(scoped, 'other')).status]).toEqual([200, 403]);
  await server.baton.app.write((tx) => tx.updateTable('projects').set({ archived: 1 }).where('id', '=', project.id).execute());
  expect(await write(maintainer?.api)).toMatchObject({
    status: 403,
    body: { message: '403 Forbidden - The project is archived and takes no pushes.' },
  });
});

it('lists the history by branch, path, time and page', async () => {
  const { server, project, path } = await start();
  await using _ = server;
  expect(await server.root.get(path)).toMatchObject({ status: 200, body: [] });
  expect(await server.root.get(path, { query: { ref_name: 'no' } })).toMatchObject({
    status: 404,
    body: { message: '404 Commit Not Found' },
  });
  const ids: string[] = [];
  const times: number[] = [];
  for (const name of ['a', 'dir/b', 'dir/c']) {
    server.clock.advance(10_000);
    times.push(server.clock.now());
    ids.unshift(await commitOver(server.root, project, { [name]: 'x' }));
  }
  const list = async (query: Record<string, string | number | boolean> = {}) => {
    const { status, body, headers } = await server.root.get(path, { query });
    expect(status).toBe(200);
    for (const row of body as unknown[]) expect(Errors(CommitReply, row)).toEqual([true, []]);
    return { ids: (body as { id: string }[]).map(({ id }) => id), body: body as unknown[], headers };
  };
  expect((await list()).ids).toEqual(ids);
  expect((await list({ path: 'dir' })).ids).toEqual(ids.slice(0, 2));
  expect((await list({ path: 'no/such' })).ids).toEqual([]);
  const middle = new Date(times[1] ?? 0).toISOString();
  expect((await list({ since: new Date((times[1] ?? 0) - 1000).toISOString() })).ids).toEqual(ids.slice(0, 2));
  expect((await list({ until: middle })).ids).toEqual(ids.slice(1));
  expect((await list({ ref_name: ids[1] ?? '' })).ids).toEqual(ids.slice(1));
  const page = await list({ per_page: 2, page: 1, all: true, with_stats: true });
  expect(page.ids).toEqual(ids.slice(0, 2));
  expect(page.body).toMatchObject([{ stats: { additions: 1 } }, { stats: { total: 1 } }]);
  expect([page.headers.get('x-next-page'), page.headers.get('x-total')]).toEqual(['2', null]);
  expect((await list({ per_page: 2, page: 2 })).ids).toEqual(ids.slice(2));
  expect(await server.root.get(path, { query: { since: 'soon' } })).toMatchObject({ status: 400, body: { error: 'since is invalid' } });
});
