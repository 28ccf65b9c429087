import { Errors } from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../../test/harness/client.ts';
import { engines, type Engine } from '../../../test/harness/databases.ts';
import { createPipelinesFactory } from '../../../test/harness/pipelines-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import { until } from '../../../test/harness/until.ts';
import { tokenDigest } from '../../lib/ids.ts';
import { insertProtectedRef } from '../../namespaces/protected-ref-store.ts';
import { JobReply } from '../job-api.ts';
import { transition } from '../transition.ts';

async function start(engine: Engine, visibility: 'private' | 'public' = 'private') {
  const server = await startTestServer({ engine });
  const project = await server.build.project({ visibility });
  return { server, project, make: createPipelinesFactory(server.baton.app), path: `/projects/${project.id}/jobs` };
}

/** Ends a running job as its agent would. */
function end(server: TestServer, jobId: number, event: 'success' | 'fail') {
  const { app } = server.baton;
  return app.write((tx) =>
    event === 'success'
      ? transition(app, tx, jobId, 'success')
      : transition(app, tx, jobId, 'drop', { failureReason: 'script_failure', exitCode: 1 }),
  );
}

const names = ({ body }: { body: unknown }) => (body as { name: string }[]).map((job) => job.name);

describe.each(engines)('endpoints of jobs on %s', (engine) => {
  it('shows a job with all that belongs to it', async () => {
    const { server, project, make, path } = await start(engine);
    await using _ = server;
    const sha = 'c'.repeat(40);
    const commit = {
      id: sha,
      shortId: 'cccccccc',
      title: 'One',
      message: 'One\n',
      authorName: 'Ada',
      authorEmail: 'a@example.com',
      authoredAt: 0,
      authorOffset: 60,
      committerName: 'Bo',
      committerEmail: 'b@example.com',
      committedAt: 1000,
      committerOffset: 0,
      parentIds: [],
    };
    await server.baton.app.write((tx) =>
      tx
        .insertInto('commits')
        .values({ project_id: project.id, sha, data: JSON.stringify(commit) })
        .execute(),
    );
    const created = await server.root.post('/user/runners', { json: { runner_type: 'instance_type', description: 'big' } });
    const runnerId = (created.body as { id: number }).id;
    const made = await make.pipeline(project, { work: { tags: ['z', 'a'] } }, { sha });
    server.clock.advance(3000);
    const job = await made.run('work', { runnerId });
    server.clock.advance(4500);
    await end(server, job.id, 'fail');
    const { status, body } = await server.root.get(`${path}/${job.id}`);
    expect(status).toBe(200);
    expect(Errors(JobReply, body)).toEqual([true, []]);
    expect(body).toMatchObject({
      id: job.id,
      status: 'failed',
      stage: 'test',
      name: 'work',
      ref: 'main',
      tag: false,
      coverage: null,
      allow_failure: false,
      duration: 4.5,
      queued_duration: 3,
      started_at: new Date(job.startedAt!).toISOString(),
      erased_at: null,
      failure_reason: 'script_failure',
      user: { username: 'root', bio: '' },
      commit: {
        id: sha,
        title: 'One',
        authored_date: '1970-01-01T00:00:00.000Z',
        committed_date: '1970-01-01T00:00:01.000Z',
        web_url: expect.stringContaining(`/-/commit/${sha}`),
      },
      pipeline: { id: made.pipeline.id, iid: 1, status: 'failed', source: 'push', sha },
      project: { ci_job_token_scope_enabled: false },
      runner: { id: runnerId, description: 'big', runner_type: 'instance_type' },
      runner_manager: null,
      artifacts: [],
      artifacts_expire_at: null,
      archived: false,
      tag_list: ['a', 'z'],
      web_url: expect.stringMatching(new RegExp(`^${server.url}/.+/-/jobs/${job.id}$`)),
    });
    expect(body).not.toHaveProperty('artifacts_file');
  });

  it('lists jobs newest first, by scope, and with retried ones where asked', async () => {
    const { server, project, make, path } = await start(engine);
    await using _ = server;
    const made = await make.pipeline(project, { a: {}, b: {}, c: { stageIndex: 1, stage: 'late' } });
    await make.pipeline(await server.build.project(), { foreign: {} });
    await end(server, (await made.run('a')).id, 'fail');
    await server.root.post(`${path}/${made.jobs['a']!.id}/retry`);
    expect(names(await server.root.get(path))).toEqual(['a', 'c', 'b', 'a']);
    expect(names(await server.root.get(`${path}?scope=failed`))).toEqual(['a']);
    expect(names(await server.root.get(`${path}?scope[]=pending&scope[]=failed`))).toEqual(['a', 'b', 'a']);
    expect((await server.root.get(`${path}?scope[]=pending&scope[]=odd`)).body).toEqual({ error: 'scope does not have a valid value' });
    const page = await server.root.get(`${path}?per_page=2&page=2`);
    expect(names(page)).toEqual(['b', 'a']);
    expect(page.headers.get('x-total')).toBe('4');
    const ofPipeline = `/projects/${project.id}/pipelines/${made.pipeline.id}/jobs`;
    expect(names(await server.root.get(ofPipeline))).toEqual(['a', 'c', 'b']);
    expect(names(await server.root.get(`${ofPipeline}?include_retried=true`))).toEqual(['a', 'c', 'b', 'a']);
  });

  it('cancels, retries, plays and erases', async () => {
    const { server, project, make, path } = await start(engine);
    await using _ = server;
    const made = await make.pipeline(project, { a: {}, ask: { when: 'manual', allowFailure: true } });
    const { id } = await made.run('a');
    const post = (verb: string, options = {}, job = id) => server.root.post(`${path}/${job}/${verb}`, options);
    expect(await post('retry')).toMatchObject({ status: 403, body: { message: '403 Forbidden - Job is not retryable' } });
    expect(await post('erase')).toMatchObject({ status: 403, body: { message: '403 Forbidden - Job is not erasable!' } });
    expect(await post('play')).toMatchObject({ status: 400, body: { message: '400 Bad request - Unplayable Job' } });
    expect(await post('cancel')).toMatchObject({ status: 201, body: { id, status: 'canceled' } });
    expect(await post('cancel')).toMatchObject({ status: 201, body: { id, status: 'canceled' } });
    const retried = await post('retry');
    expect(retried).toMatchObject({ status: 201, body: { name: 'a', status: 'pending', started_at: null, runner: null } });
    expect((retried.body as { id: number }).id).not.toBe(id);
    expect(await post('erase')).toMatchObject({ status: 201, body: { id, erased_at: expect.any(String) } });
    expect(await post('erase')).toMatchObject({ status: 403 });
    const asked = made.jobs['ask']!.id;
    const wrong = await post('play', { json: { job_variables_attributes: [{ key: '', value: '1' }] } }, asked);
    expect(wrong).toMatchObject({ status: 400, body: { message: { base: ["Job variables key can't be blank"] } } });
    const form = { 'job_variables_attributes[][key]': 'A', 'job_variables_attributes[][value]': '1' };
    expect(await post('play', { form }, asked)).toMatchObject({ status: 200, body: { id: asked, status: 'pending' } });
  });

  it('plays a delayed job at once, and tries a job anew that has to wait for its resource', async () => {
    const { server, project, make, path } = await start(engine);
    await using _ = server;
    const made = await make.pipeline(project, { later: { when: 'delayed', startIn: 600 }, one: { resourceGroup: 'production' } });
    expect(await server.root.get(`${path}?scope=scheduled`)).toMatchObject({ body: [{ name: 'later', status: 'scheduled' }] });
    expect(await server.root.post(`${path}/${made.jobs['later']!.id}/play`)).toMatchObject({ status: 200, body: { status: 'pending' } });
    await end(server, (await made.run('one')).id, 'fail');
    const next = await make.pipeline(project, { one: { resourceGroup: 'production' } });
    expect(next.pipeline.status).toBe('pending');
    const again = await server.root.post(`${path}/${made.jobs['one']!.id}/retry`);
    expect(again).toMatchObject({ status: 201, body: { status: 'waiting_for_resource' } });
    const { id } = await next.run('one');
    await end(server, id, 'success');
    await until(async () => (await made.job('one')).status === 'pending');
  });

  it('shows why the server ended a job of which nothing was heard, and nothing of that on others', async () => {
    const { server, project, make, path } = await start(engine);
    await using _ = server;
    const { app } = server.baton;
    const made = await make.pipeline(project, { lost: {}, other: {} });
    const { id } = await made.run('lost');
    const evidence = { lastContactAt: 1000, lastLogAt: null, logSize: 5, threshold: 60 };
    await app.write((tx) => transition(app, tx, id, 'drop', { failureReason: 'no_updates_running', evidence }));
    const { body } = await server.root.get(`${path}/${id}`);
    expect(Errors(JobReply, body)).toEqual([true, []]);
    expect(body).toMatchObject({
      failure_reason: 'no_updates_running',
      failure_evidence: { last_contact_at: '1970-01-01T00:00:01.000Z', last_log_at: null, log_size: 5, threshold: 60 },
    });
    expect((await server.root.get(`${path}/${made.jobs['other']!.id}`)).body).not.toHaveProperty('failure_evidence');
  });

  it('says 404 for jobs of other projects and for impossible ids, and 400 for what is no number', async () => {
    const { server, make, path } = await start(engine);
    await using _ = server;
    const foreign = await make.pipeline(await server.build.project(), { a: {} });
    for (const id of [foreign.jobs['a']!.id, 0, -1, '99999999999999999999999']) {
      expect(await server.root.get(`${path}/${id}`)).toMatchObject({ status: 404 });
      expect(await server.root.post(`${path}/${id}/cancel`)).toMatchObject({ status: 404 });
    }
    expect(await server.root.get(`${path}/abc`)).toMatchObject({ status: 400, body: { error: 'job_id is invalid' } });
  });

  it('lets only those act who may, and on protected refs only those who may push', async () => {
    const { server, project, make, path } = await start(engine);
    await using _ = server;
    const people = {} as Record<string, Client>;
    for (const level of ['guest', 'reporter', 'developer', 'maintainer'] as const)
      people[level] = (await server.build.member({ project }, level)).api;
    const made = await make.pipeline(project, { a: {}, b: {}, c: {} });
    const statuses = async (verb: string, job: string, by: Record<string, Client>) =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(by).map(async ([who, api]) => [who, (await api.post(`${path}/${made.jobs[job]!.id}/${verb}`)).status]),
        ),
      );
    const readers = await Promise.all(Object.values(people).map(async (api) => (await api.get(path)).status));
    expect(readers).toEqual([200, 200, 200, 200]);
    await server.root.put(`/projects/${project.id}`, { json: { public_jobs: false } });
    expect((await people['guest']!.get(path)).status).toBe(403);
    expect(await server.api.get(path)).toMatchObject({ status: 404 });
    expect(await statuses('cancel', 'a', people)).toEqual({ guest: 403, reporter: 403, developer: 201, maintainer: 201 });
    const force = await people['developer']!.post(`${path}/${made.jobs['a']!.id}/cancel`, { json: { force: true } });
    expect(force.status).toBe(403);

    const { app } = server.baton;
    const rule = { projectId: project.id, kind: 'branch', name: 'ma*', pushLevel: 40, mergeLevel: 40, allowForcePush: false } as const;
    await app.write((tx) => insertProtectedRef(tx, rule, 1));
    const developer = { developer: people['developer']! };
    expect(await statuses('cancel', 'b', developer)).toEqual({ developer: 403 });
    expect(await statuses('retry', 'a', developer)).toEqual({ developer: 403 });
    expect(await statuses('cancel', 'b', { maintainer: people['maintainer']! })).toEqual({ maintainer: 201 });
    // Erasing what others ran is for maintainers.
    await app.write((tx) => tx.deleteFrom('protected_refs').execute());
    expect(await statuses('erase', 'a', { ...developer, maintainer: people['maintainer']! })).toEqual({ developer: 403, maintainer: 201 });
  });

  it('shows the running job to its own token, until it ends', async () => {
    const { server, project, make } = await start(engine, 'public');
    await using _ = server;
    const made = await make.pipeline(project, { a: {} });
    const { id } = await made.run('a', { tokenDigest: tokenDigest('glcbt-1') });
    const asJob = server.api.with({ 'JOB-TOKEN': 'glcbt-1' });
    expect(await asJob.get('/job')).toMatchObject({ status: 200, body: { id, status: 'running' } });
    expect(await server.api.get('/job?job_token=glcbt-1')).toMatchObject({ status: 200 });
    expect(await server.root.get('/job')).toMatchObject({ status: 404 });
    expect(await server.api.get('/job')).toMatchObject({ status: 401 });
    await end(server, id, 'success');
    expect(await asJob.get('/job')).toMatchObject({ status: 401 });
    // Of a public project everybody may read the jobs.
    expect(await server.api.get(`/projects/${project.id}/jobs/${id}`)).toMatchObject({ status: 200, body: { status: 'success' } });
  });
});
