import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { startExplainScene, type ExplainScene } from '../../test/harness/explain-scene.ts';
import type { Explanation } from './explain-api.ts';

describe.each(engines)('what becomes of jobs that wait for no runner, on %s', (engine) => {
  let scene: ExplainScene;
  beforeAll(async () => {
    scene = await startExplainScene(engine);
  });
  afterAll(() => scene.server.stop());

  const set = (job: number, values: Record<string, unknown>) =>
    scene.server.baton.app.write((tx) => tx.updateTable('jobs').set(values).where('id', '=', job).execute());

  it('names the jobs of earlier stages', async () => {
    const made = await scene.pipeline({ a: {}, b: {}, c: { stageIndex: 1 } });
    const told = await scene.explain(scene.jobOf(made, 'c'));
    expect(told).toMatchObject({ code: 'waiting_for_stage', suggestion: { code: 'wait', changes: [] }, runners: null, position: null });
    expect(told.waits_for.map((job) => job.name)).toEqual(['a', 'b']);
    expect(told.state).toContain('"a" (pending) and "b" (pending)');
  });

  it('names the needed jobs alone', async () => {
    const made = await scene.pipeline({ a: {}, b: {}, c: { stageIndex: 1, needs: ['b'] } });
    const told = await scene.explain(scene.jobOf(made, 'c'));
    expect([told.code, told.waits_for.map((job) => job.name)]).toEqual(['waiting_for_needs', ['b']]);
  });

  it('suggests to start the manual job that others wait for', async () => {
    const made = await scene.pipeline({ gate: { when: 'manual', allowFailure: false }, after: { stageIndex: 1 } });
    const [gate, after] = [scene.jobOf(made, 'gate'), scene.jobOf(made, 'after')];
    const path = `/projects/${made.project.id}/jobs/${gate}/play`;
    expect(await scene.explain(gate)).toMatchObject({
      code: 'manual',
      suggestion: { code: 'play_job', changes: [{ method: 'POST', path }] },
    });
    const told = await scene.explain(after);
    expect(told).toMatchObject({ code: 'waiting_for_stage', suggestion: { code: 'play_job', changes: [{ path }] } });
    expect((await scene.server.root.post(path)).status).toBe(200);
  });

  it('tells until when a job is delayed', async () => {
    const job = await scene.pending();
    const at = scene.server.clock.now() + 60_000;
    await set(job, { status: 'scheduled', scheduled_at: at });
    expect(await scene.explain(job)).toMatchObject({
      code: 'scheduled',
      scheduled_at: new Date(at).toISOString(),
      suggestion: { code: 'play_job' },
    });
  });

  it('tells who holds a resource, and who is before the job', async () => {
    const [holder, older, job] = [await scene.pending(), await scene.pending(), await scene.pending()];
    const { app } = scene.server.baton;
    const group = await app.write((tx) =>
      tx
        .insertInto('resource_groups')
        .values({ project_id: 1, key: 'production', process_mode: 'unordered', job_id: holder, created_at: 0, updated_at: 0 })
        .returning('id')
        .executeTakeFirstOrThrow(),
    );
    for (const one of [older, job]) await set(one, { status: 'waiting_for_resource', resource_group_id: group.id });
    const told = await scene.explain(job);
    expect(told).toMatchObject({ code: 'resource_busy', resource: { key: 'production', held_by: { id: holder }, ahead: 1 } });
    expect(told.state).toContain(`job ${holder} "work" (pending) holds`);
    expect((await scene.explain(older)).resource?.ahead).toBe(0);
  });

  it('tells where a job runs, and when its machine is lost', async () => {
    const { job, runnerId } = await scene.running();
    expect(await scene.explain(job.id)).toMatchObject({ code: 'running', runner: { id: runnerId, liveness: 'online' }, suggestion: null });
    scene.server.clock.advance(120_000);
    const told = await scene.explain(job.id);
    expect([told.runner?.liveness, told.state]).toEqual([
      'lost',
      `It runs on runner ${runnerId}, whose machine has not called for two minutes.`,
    ]);
  });

  it('tells how a job ended', async () => {
    const { job, agent, project } = await scene.running();
    await agent.runJob(job, { exitCode: 7 });
    expect(await scene.explain(job.id)).toMatchObject({
      code: 'failed',
      failure: { reason: 'script_failure', exit_code: 7, evidence: null },
      suggestion: { code: 'retry_job', changes: [{ method: 'POST', path: `/projects/${project.id}/jobs/${job.id}/retry` }] },
    });
    await set(job.id, { failure_evidence: '{"last_contact":"then"}' });
    expect((await scene.explain(job.id)).failure?.evidence).toEqual({ last_contact: 'then' });
    await set(job.id, { retried: 1 });
    expect((await scene.explain(job.id)).suggestion).toBeNull();
  });

  it.each<[string, Explanation['code']]>([
    ['success', 'succeeded'],
    ['canceled', 'canceled'],
    ['skipped', 'skipped'],
    ['canceling', 'canceling'],
    ['preparing', 'preparing'],
  ])('%s', async (status, code) => {
    const job = await scene.pending();
    await set(job, { status });
    expect(await scene.explain(job)).toMatchObject({ code, suggestion: null, expected_wait_unknown: 'not_pending' });
  });
});
