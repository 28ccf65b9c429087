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
    const made = await scene.pipeline({ later: { when: 'delayed', startIn: 60 } });
    const told = await scene.explain(scene.jobOf(made, 'later'));
    const until = new Date(scene.server.clock.now() + 60_000).toISOString();
    expect(told).toMatchObject({
      code: 'scheduled',
      state: `It is delayed until ${until}.`,
      scheduled_at: until,
      suggestion: { code: 'play_job' },
    });
  });

  it('tells who holds a resource, and who is before the job', async () => {
    const project = await scene.server.build.project();
    const made = [];
    for (let turn = 0; turn < 4; turn += 1) made.push(await scene.pipeline({ deploy: { resourceGroup: 'production' } }, { project }));
    const [holder, older, job, newest] = made.map((one) => scene.jobOf(one, 'deploy'));
    const told = await scene.explain(job ?? 0);
    expect(told).toMatchObject({
      code: 'resource_busy',
      resource: { key: 'production', process_mode: 'unordered', held_by: { id: holder }, ahead: 1 },
      waits_for: [{ id: holder }],
    });
    expect(told.state).toBe(
      `It waits for the resource "production", which job ${holder} "deploy" (pending) holds; 1 job comes before it (unordered), first "deploy" (waiting_for_resource).`,
    );
    expect((await scene.explain(older ?? 0)).resource?.ahead).toBe(0);
    const { app } = scene.server.baton;
    await app.write((tx) => tx.updateTable('resource_groups').set({ process_mode: 'newest_first' }).execute());
    expect((await scene.explain(older ?? 0)).resource?.ahead).toBe(2);
    expect((await scene.explain(newest ?? 0)).resource?.ahead).toBe(0);
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
    const evidence = { lastContactAt: 1_700_000_000_000, lastLogAt: null, logSize: 12, threshold: 300 };
    await set(job.id, { failure_evidence: JSON.stringify(evidence) });
    // As the job itself shows it.
    const shown = { last_contact_at: '2023-11-14T22:13:20.000Z', last_log_at: null, log_size: 12, threshold: 300 };
    expect((await scene.explain(job.id)).failure?.evidence).toEqual(shown);
    const reply = await scene.server.root.get(`/projects/${project.id}/jobs/${job.id}`);
    expect(reply.body).toMatchObject({ failure_evidence: shown });
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
