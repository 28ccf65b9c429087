import { Errors } from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import { engines, type Engine } from '../../../test/harness/databases.ts';
import { createPipelinesFactory } from '../../../test/harness/pipelines-factory.ts';
import { commitFiles } from '../../../test/harness/repositories.ts';
import { startTestServer } from '../../../test/harness/server.ts';
import { FullPipeline } from '../pipeline-api.ts';
import { transition } from '../transition.ts';

async function start(engine: Engine) {
  const server = await startTestServer({ engine });
  const project = await server.build.project();
  return { server, project, make: createPipelinesFactory(server.baton.app), path: `/projects/${project.id}/pipelines` };
}

const iids = ({ body }: { body: unknown }) => (body as { iid: number }[]).map((pipeline) => pipeline.iid);

describe.each(engines)('endpoints of pipelines on %s', (engine) => {
  it('lists pipelines, each filter by itself and several together', async () => {
    const { server, project, make, path } = await start(engine);
    await using _ = server;
    const person = (await server.build.person({ username: 'ada' })).user;
    const done = await make.pipeline(project, { a: {} }, { ref: 'one' });
    server.clock.advance(60_000);
    const middle = server.clock.now() - 30_000;
    await make.pipeline(project, { a: {} }, { ref: 'one', source: 'api', userId: person.id, sha: 'b'.repeat(40) });
    await make.pipeline(project, {}, { ref: 'v1', tag: true, status: 'failed', yamlErrors: 'no', name: 'Release' });
    const running = await make.pipeline(project, { a: {} }, { ref: 'two' });
    await running.run('a');
    await make.pipeline(await server.build.project(), { a: {} });
    const { app } = server.baton;
    const { id } = await done.run('a');
    await app.write((tx) => transition(app, tx, id, 'success'));
    const time = new Date(middle).toISOString();
    const found = async (query: Record<string, string>) => iids(await server.root.get(path, { query }));
    expect(await found({})).toEqual([4, 3, 2, 1]);
    expect(await found({ sort: 'asc' })).toEqual([1, 2, 3, 4]);
    expect(await found({ order_by: 'ref', sort: 'asc' })).toEqual([1, 2, 4, 3]);
    expect(await found({ scope: 'running' })).toEqual([4]);
    expect(await found({ scope: 'pending' })).toEqual([2]);
    expect(await found({ scope: 'finished' })).toEqual([3, 1]);
    expect(await found({ scope: 'finished', status: 'success' })).toEqual([1]);
    expect(await found({ scope: 'finished', status: 'running' })).toEqual([]);
    expect(await found({ scope: 'branches' })).toEqual([4, 2]);
    expect(await found({ scope: 'tags' })).toEqual([3]);
    expect(await found({ ref: 'one' })).toEqual([2, 1]);
    expect(await found({ sha: 'b'.repeat(40) })).toEqual([2]);
    expect(await found({ source: 'api' })).toEqual([2]);
    expect(await found({ name: 'Release' })).toEqual([3]);
    expect(await found({ username: 'ada' })).toEqual([2]);
    expect(await found({ yaml_errors: 'true' })).toEqual([3]);
    expect(await found({ yaml_errors: 'false', ref: 'one' })).toEqual([2, 1]);
    expect(await found({ created_after: time })).toEqual([4, 3, 2]);
    expect(await found({ created_before: time })).toEqual([1]);
    expect(await found({ updated_before: time })).toEqual([]);
    expect(await found({ updated_after: time, status: 'success' })).toEqual([1]);
    for (const [name, value] of Object.entries({ scope: 'odd', status: 'odd', source: 'odd', order_by: 'odd', sort: 'odd' })) {
      expect((await server.root.get(path, { query: { [name]: value } })).body).toEqual({ error: `${name} does not have a valid value` });
    }
    expect((await server.root.get(path, { query: { created_after: 'soon' } })).body).toEqual({ error: 'created_after is invalid' });
    const page = await server.root.get(path, { query: { per_page: 3 } });
    expect([page.headers.get('x-total'), page.headers.get('x-next-page')]).toEqual(['4', '2']);
    expect(Object.keys((page.body as [object])[0]).toSorted()).toEqual([
      'created_at',
      'id',
      'iid',
      'name',
      'project_id',
      'ref',
      'sha',
      'source',
      'status',
      'updated_at',
      'web_url',
    ]);
  });

  it('shows a pipeline, with warnings where allowed failures are in it', async () => {
    const { server, project, make, path } = await start(engine);
    await using _ = server;
    const { app } = server.baton;
    const made = await make.pipeline(project, { a: { allowFailure: true } });
    server.clock.advance(2000);
    const { id } = await made.run('a');
    server.clock.advance(5000);
    await app.write((tx) => transition(app, tx, id, 'drop', { failureReason: 'script_failure' }));
    const { body } = await server.root.get(`${path}/${made.pipeline.id}`);
    expect(Errors(FullPipeline, body)).toEqual([true, []]);
    expect(body).toMatchObject({
      status: 'success',
      duration: 5,
      queued_duration: 2,
      user: { username: 'root' },
      committed_at: null,
      detailed_status: { icon: 'status_warning', text: 'warning', label: 'passed with warnings', group: 'success-with-warnings' },
    });
    for (const wrong of ['0', '99999999999999999999999']) expect((await server.root.get(`${path}/${wrong}`)).status).toBe(404);
    expect((await server.root.get(`${path}/${made.pipeline.id}/bridges`)).body).toEqual([]);
    const other = await server.build.project();
    expect((await server.root.get(`/projects/${other.id}/pipelines/${made.pipeline.id}`)).status).toBe(404);
  });

  it('shows the newest pipeline of the tip of a ref', async () => {
    const { server, project, make, path } = await start(engine);
    await using _ = server;
    expect((await server.root.get(`${path}/latest`)).status).toBe(404);
    const repository = await server.baton.app.repositories.create(project.id, 'main');
    const { after } = await commitFiles(repository, { a: '1' });
    await make.pipeline(project, { a: {} }, { sha: after });
    const newest = await make.pipeline(project, { a: {} }, { sha: after });
    // Newer, but of another commit and of another ref.
    await make.pipeline(project, { a: {} }, { sha: 'f'.repeat(40) });
    await make.pipeline(project, { a: {} }, { sha: after, ref: 'other' });
    expect((await server.root.get(`${path}/latest`)).body).toMatchObject({ id: newest.pipeline.id });
    expect((await server.root.get(`${path}/latest?ref=main`)).body).toMatchObject({ id: newest.pipeline.id });
    expect((await server.root.get(`${path}/latest?ref=other`)).status).toBe(404);
  });

  it('cancels, retries and deletes', async () => {
    const { server, project, make, path } = await start(engine);
    await using _ = server;
    const made = await make.pipeline(project, { a: {}, b: {}, later: { stageIndex: 1, needs: ['a'] } });
    const { id } = made.pipeline;
    await made.run('a');
    expect(await server.root.post(`${path}/${id}/cancel`)).toMatchObject({ status: 200, body: { id, status: 'canceled' } });
    expect(await server.root.post(`${path}/${id}/cancel`)).toMatchObject({ status: 200, body: { id, status: 'canceled' } });
    expect(await server.root.post(`${path}/${id}/retry`)).toMatchObject({
      status: 201,
      body: { id, status: 'pending', finished_at: null },
    });
    expect(await made.statuses()).toEqual({ a: 'pending', b: 'pending', later: 'created' });
    await made.run('a');
    const maintainer = (await server.build.member({ project }, 'maintainer')).api;
    expect((await maintainer.delete(`${path}/${id}`)).status).toBe(403);
    const past = { headers: { 'If-Unmodified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' } };
    expect((await server.root.delete(`${path}/${id}`, past)).status).toBe(412);
    expect((await server.root.delete(`${path}/${id}`)).status).toBe(204);
    expect((await server.root.get(`${path}/${id}`)).status).toBe(404);
    const { db } = server.baton.app;
    for (const table of ['jobs', 'job_definitions', 'job_needs', 'pending_jobs', 'running_jobs', 'pipelines'] as const) {
      expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
    }
  });

  it('goes with its project', async () => {
    const { server, project, make } = await start(engine);
    await using _ = server;
    const made = await make.pipeline(project, { a: {} });
    await made.run('a');
    expect((await server.root.delete(`/projects/${project.id}`)).status).toBe(202);
    expect(await server.baton.app.db.selectFrom('jobs').selectAll().execute()).toEqual([]);
    expect(await server.baton.app.db.selectFrom('running_jobs').selectAll().execute()).toEqual([]);
  });
});
