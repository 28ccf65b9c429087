import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import type { FakeRunner } from '../../test/harness/fake-runner.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { setExpiry } from '../artifacts/store.ts';

const archive = {
  name: null,
  paths: ['dist/'],
  exclude: [],
  untracked: false,
  when: 'on_success' as const,
  expireIn: '1 day',
  expireInSeconds: 86_400,
};

describe.each(engines)('claims on %s', (engine) => {
  it('give every job to exactly one of many agents that race for few jobs', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const group = await server.build.group();
    const projects = [await server.build.project({ group }), await server.build.project({ group }), await server.build.project({ group })];
    const runners = [await make(), await make({ group }), await make({ project: projects[0]! }), await make({ tags: ['x'] })];
    const agents = Array.from({ length: 24 }, (_, index) => runners[index % runners.length]!.agent);
    // Several pipelines, so that claims meet on one pipeline and on different ones.
    const made = [];
    for (const project of projects)
      made.push(await pipeline(Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`j${index}`, {}])), { project }));
    const given: number[] = [];
    const statuses = new Map<number, number>();
    async function work(agent: FakeRunner): Promise<void> {
      for (;;) {
        const { status, job } = await agent.request();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (job !== null) given.push(job.id);
        else if (status !== 409) return;
      }
    }
    await Promise.all(agents.map(work));
    const all = made.flatMap((one) => Object.values(one.jobs).map((job) => job.id));
    expect(given.toSorted((a, b) => a - b)).toEqual(all.toSorted((a, b) => a - b));
    expect([...statuses.keys()].toSorted((a, b) => a - b).filter((status) => ![201, 204, 409].includes(status))).toEqual([]);
    expect(statuses.get(201)).toBe(all.length);
  });

  it('let each of two pipelines end while jobs of both are taken, finished and cancelled', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const project = await server.build.project();
    const jobs = { a: {}, b: {}, c: { stageIndex: 1 }, d: { stageIndex: 1, needs: ['a'] } };
    const made = [await pipeline(jobs, { project }), await pipeline(jobs, { project })];
    const agents = await Promise.all(Array.from({ length: 6 }, async () => (await make({ project })).agent));
    const isOver = async () =>
      (await Promise.all(made.map((one) => one.now()))).every(({ status }) => ['success', 'canceled'].includes(status));
    async function work(agent: FakeRunner): Promise<void> {
      while (!(await isOver())) {
        const { status, job } = await agent.request();
        expect([201, 204, 409]).toContain(status);
        if (job !== null) expect([200, 403]).toContain((await agent.update(job, 'success')).status);
      }
    }
    const cancel = server.root.post(`/projects/${project.id}/pipelines/${made[1]!.pipeline.id}/cancel`);
    await Promise.all([...agents.map(work), cancel]);
    expect(await made[0]!.statuses()).toEqual({ a: 'success', b: 'success', c: 'success', d: 'success' });
    expect((await server.baton.app.db.selectFrom('running_jobs').selectAll().execute()).length).toBe(0);
    expect((await server.baton.app.db.selectFrom('pending_jobs').selectAll().execute()).length).toBe(0);
  });

  it('look at 45 jobs, and answer 409 when none of them can be handed out', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const work = Object.fromEntries(Array.from({ length: 46 }, (_, index) => [`j${index}`, { artifacts: { ...archive, exclude: ['x'] } }]));
    const made = await pipeline({ ...work, last: {} });
    const { agent } = await make({ version: '11.5.0' });
    expect((await agent.request()).status).toBe(409);
    expect((await agent.nextJob(1)).job_info.name).toBe('last');
    expect((await made.job('j45')).failureReason).toBe('runner_unsupported');
  });

  it('leave out jobs that have not waited for as long as asked', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { token } = (await make()).agent;
    await pipeline({ work: {} });
    const ask = () => server.api.post('/jobs/request', { json: { token, job_age: 60 } });
    expect((await ask()).status).toBe(204);
    server.clock.advance(60_000);
    expect((await ask()).status).toBe(201);
  });
});

describe.each(engines)('checks before a job is handed out on %s', (engine) => {
  it('fail a job whose dependency has expired or was erased', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make();
    const made = await pipeline({
      build: { stageIndex: 0, artifacts: archive },
      test: { stageIndex: 1, dependencies: ['build'] },
      other: { stageIndex: 1 },
    });
    await agent.runJob(await agent.nextJob(), { artifacts: [{ bytes: Buffer.from('zip'), expireIn: '1 day' }] });
    server.clock.advance(25 * 60 * 60_000);
    const next = await agent.nextJob(1);
    expect([next.job_info.name, next.dependencies[0]]).toEqual(['other', { id: made.jobs['build']!.id, name: 'build', token: next.token }]);
    expect(await made.job('test')).toMatchObject({ status: 'failed', failureReason: 'missing_dependency_failure', runnerId: null });
    const { app } = server.baton;
    await app.write((tx) => setExpiry(tx, made.jobs['build']!.id, null));
    await server.root.post(`/projects/${made.project.id}/jobs/${(await made.job('test')).id}/retry`);
    expect((await agent.nextJob(1)).job_info.name).toBe('test');
  });

  it('fail a job that the agent does not know how to run', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const made = await pipeline({ work: { artifacts: { ...archive, exclude: ['*.o'] } } });
    expect((await (await make({ version: '12.10.0' })).agent.request()).status).toBe(204);
    expect(await made.job('work')).toMatchObject({ status: 'failed', failureReason: 'runner_unsupported' });
    const again = await pipeline({ work: { artifacts: { ...archive, exclude: ['*.o'] } } });
    expect((await (await make({ version: '13.1.0' })).agent.request()).status).toBe(201);
    expect(await again.statuses()).toEqual({ work: 'running' });
  });

  it('fail a job of a project without jobs, and of a blocked user', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const project = await server.build.project();
    const { agent } = await make({ project });
    const off = await pipeline({ work: {} }, { project });
    await server.root.put(`/projects/${project.id}`, { json: { jobs_enabled: false } });
    expect((await agent.request()).status).toBe(204);
    expect(await off.job('work')).toMatchObject({ status: 'failed', failureReason: 'builds_disabled' });
    await server.root.put(`/projects/${project.id}`, { json: { jobs_enabled: true } });
    const person = await server.build.member({ project }, 'developer');
    const theirs = await pipeline({ work: {} }, { project, userId: person.user.id });
    await server.root.post(`/users/${person.user.id}/block`);
    expect((await agent.request()).status).toBe(204);
    expect(await theirs.job('work')).toMatchObject({ status: 'failed', failureReason: 'user_blocked' });
  });
});

describe.each(engines)('the timeout of a job on %s', (engine) => {
  it.each([
    [null, null, 3600, 'project'],
    [1234, 1000, 1000, 'runner'],
    [1234, 2000, 1234, 'project'],
    [1234, 1234, 1234, 'project'],
  ])('project %s, runner %s: %i of the %s', async (ofProject, ofRunner, timeout, source) => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    if (ofProject !== null) await server.root.put(`/projects/${project.id}`, { json: { build_timeout: ofProject } });
    const settings = ofRunner === null ? {} : { maximum_timeout: ofRunner };
    const { job, made } = await createAgents(server).running({ project, settings });
    expect([job.runner_info.timeout, job.steps[0]?.timeout]).toEqual([timeout, timeout]);
    expect(await made.job('work')).toMatchObject({ timeout, timeoutSource: source });
  });
});
