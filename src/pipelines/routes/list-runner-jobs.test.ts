import { Errors } from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import { engines, type Engine } from '../../../test/harness/databases.ts';
import { createPipelinesFactory } from '../../../test/harness/pipelines-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import { RunnerJobReply } from '../job-api.ts';
import { transition } from '../transition.ts';

async function start(engine: Engine) {
  const server = await startTestServer({ engine });
  const group = await server.build.group();
  const [project, hidden] = [await server.build.project({ group }), await server.build.project({ group })];
  const created = await server.root.post('/user/runners', { json: { runner_type: 'project_type', project_id: project.id } });
  const runner = created.body as { id: number; token: string };
  await server.root.post(`/projects/${hidden.id}/runners`, { json: { runner_id: runner.id } });
  return { server, project, hidden, runner, make: createPipelinesFactory(server.baton.app), path: `/runners/${runner.id}/jobs` };
}

const names = ({ body }: { body: unknown }) => (body as { name: string }[]).map((job) => job.name);

async function finish(server: TestServer, jobId: number): Promise<void> {
  const { app } = server.baton;
  await app.write((tx) => transition(app, tx, jobId, 'success'));
}

describe.each(engines)('GET /runners/:id/jobs on %s', (engine) => {
  it('lists the jobs of a runner in the documented shape, oldest first', async () => {
    const { server, project, runner, make, path } = await start(engine);
    await using _ = server;
    const made = await make.pipeline(project, { a: {}, b: {}, c: {}, waiting: {} });
    for (const name of ['a', 'b', 'c']) await made.run(name, { runnerId: runner.id });
    await finish(server, made.jobs['a']!.id);
    const all = await server.root.get(path);
    expect(names(all)).toEqual(['a', 'b', 'c']);
    for (const job of all.body as object[]) expect(Errors(RunnerJobReply, job)).toEqual([true, []]);
    const [first] = all.body as [Record<string, unknown>];
    expect(first).not.toHaveProperty('ip_address');
    expect(first).toMatchObject({
      id: made.jobs['a']!.id,
      status: 'success',
      stage: 'test',
      ref: 'main',
      tag: false,
      coverage: null,
      duration: 0,
      user: { username: 'root' },
      commit: null,
      pipeline: { id: made.pipeline.id, ref: 'main', status: 'running', sha: made.pipeline.sha },
      project: {
        id: project.id,
        name: project.name,
        path_with_namespace: project.fullPath,
        name_with_namespace: expect.stringContaining(' / '),
      },
    });
    expect(names(await server.root.get(`${path}?status=running`))).toEqual(['b', 'c']);
    expect(names(await server.root.get(`${path}?status=canceling`))).toEqual([]);
    expect((await server.root.get(`${path}?status=odd`)).body).toEqual({ error: 'status does not have a valid value' });
    expect((await server.root.get(`${path}?order_by=name`)).body).toEqual({ error: 'order_by does not have a valid value' });
    expect(names(await server.root.get(`${path}?order_by=id`))).toEqual(['c', 'b', 'a']);
    expect(names(await server.root.get(`${path}?order_by=id&sort=asc`))).toEqual(['a', 'b', 'c']);
    expect(names(await server.root.get(`${path}?sort=desc`))).toEqual(['a', 'b', 'c']);
    const page = await server.root.get(`${path}?per_page=2`);
    expect([names(page), page.headers.get('x-total'), page.headers.get('x-total-pages')]).toEqual([['a', 'b'], '3', '2']);
  });

  it('follows a cursor page by page to the end', async () => {
    const { server, project, runner, make, path } = await start(engine);
    await using _ = server;
    const made = await make.pipeline(project, Object.fromEntries(Array.from({ length: 5 }, (_unused, index) => [`j${index}`, {}])));
    for (const name of Object.keys(made.jobs)) await made.run(name, { runnerId: runner.id });
    const seen: string[] = [];
    let next: string | null = `${path}?pagination=keyset&order_by=id&per_page=2`;
    while (next !== null) {
      const page = await server.root.get(next);
      seen.push(...names(page));
      expect(page.headers.get('x-total')).toBeNull();
      const link: string | undefined = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
      next = link === undefined ? null : link.slice(`${server.url}/api/v4`.length);
    }
    expect(seen).toEqual(['j4', 'j3', 'j2', 'j1', 'j0']);
    expect(await server.root.get(`${path}?pagination=keyset&cursor=nonsense`)).toMatchObject({
      status: 400,
      body: { error: 'cursor is invalid' },
    });
  });

  it('shows the jobs of one machine, without a total', async () => {
    const { server, project, runner, make, path } = await start(engine);
    await using _ = server;
    await server.api.post('/runners/verify', { json: { token: runner.token, system_id: 's_one' } });
    const { id: managerId } = await server.baton.app.db.selectFrom('runner_managers').select('id').executeTakeFirstOrThrow();
    const made = await make.pipeline(project, { a: {}, b: {} });
    await made.run('a', { runnerId: runner.id, managerId });
    await made.run('b', { runnerId: runner.id });
    const page = await server.root.get(`${path}?system_id=s_one`);
    expect([names(page), page.headers.get('x-total')]).toEqual([['a'], null]);
    expect(names(await server.root.get(`${path}?system_id=s_other`))).toEqual([]);
    const shown = await server.root.get(`/projects/${project.id}/jobs/${made.jobs['a']!.id}`);
    expect(shown.body).toMatchObject({ runner_manager: { id: managerId, system_id: 's_one', job_execution_status: 'active' } });
    expect((await server.root.get(`/runners/${runner.id}`)).body).toMatchObject({ job_execution_status: 'active' });
  });

  it('is for those who look after the runner, who see the jobs of projects that they may read', async () => {
    const { server, project, hidden, runner, make, path } = await start(engine);
    await using _ = server;
    for (const [name, of] of Object.entries({ seen: project, unseen: hidden })) {
      const made = await make.pipeline(of, { [name]: {} });
      await made.run(name, { runnerId: runner.id });
    }
    const maintainer = (await server.build.member({ project }, 'maintainer')).api;
    expect(names(await maintainer.get(path))).toEqual(['seen']);
    expect((await maintainer.get(path)).headers.get('x-total')).toBe('1');
    expect(names(await server.root.get(path))).toEqual(['seen', 'unseen']);
    expect((await server.api.get(path)).status).toBe(401);
    expect(await (await server.build.member({ project }, 'developer')).api.get(path)).toMatchObject({
      status: 403,
      body: { message: '403 Forbidden - No access granted' },
    });
    expect(await server.root.get('/runners/99999/jobs')).toMatchObject({ status: 404, body: { message: '404 Runner Not Found' } });
    expect(await server.root.get('/runners/99999999999999999999/jobs')).toMatchObject({ status: 404 });
  });
});
