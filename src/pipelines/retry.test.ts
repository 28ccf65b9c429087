import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { openBench, type Bench } from '../../test/harness/pipelines-bench.ts';
import type { MadePipeline } from '../../test/harness/pipelines-factory.ts';
import { cancelJob, cancelPipeline } from './cancel.ts';
import { findDefinition } from './definition-store.ts';
import { playJob } from './play.ts';
import { retryJob, retryPipeline } from './retry.ts';
import { transition } from './transition.ts';

describe.each(engines)('cancel, retry and play on %s', (engine) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(engine);
  });
  afterEach(() => bench.close());

  async function finish(made: MadePipeline, name: string, event: 'success' | 'fail' = 'success'): Promise<void> {
    const { app } = bench;
    const { id } = await made.run(name);
    const done = await app.write((tx) =>
      event === 'success' ? transition(app, tx, id, 'success') : transition(app, tx, id, 'drop', { failureReason: 'script_failure' }),
    );
    expect(done).not.toBeNull();
  }

  const idOf = async (made: MadePipeline, name: string) => (await made.job(name)).id;

  it('makes a new try, marks the old one and decides anew about skipped jobs behind it', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { a: {}, b: { stageIndex: 1, needs: ['a'] }, c: { stageIndex: 2 } });
    await finish(made, 'a', 'fail');
    expect(await made.statuses()).toEqual({ a: 'failed', b: 'skipped', c: 'skipped' });
    const old = await made.job('a');
    const again = await app.write((tx) => retryJob(app, tx, old.id, 7));
    expect(again).toMatchObject({
      name: 'a',
      status: 'pending',
      attempt: 1,
      userId: 7,
      runnerId: null,
      failureReason: null,
      retried: false,
    });
    expect(again?.id).toBeGreaterThan(old.id);
    expect(await made.statuses()).toEqual({ a: 'pending', b: 'created', c: 'created' });
    expect(await made.now()).toMatchObject({ status: 'pending', finishedAt: null, duration: null });
    await finish(made, 'a');
    expect(await made.statuses()).toEqual({ a: 'success', b: 'pending', c: 'created' });
    expect(await made.job('b')).toMatchObject({ userId: 7 });
  });

  it('lets a job be retried once only, however many ask', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { a: {} });
    const pending = await idOf(made, 'a');
    expect(await app.write((tx) => retryJob(app, tx, pending, 1))).toBeNull();
    await finish(made, 'a', 'fail');
    const tries = await Promise.all([1, 2, 3, 4].map((user) => app.write((tx) => retryJob(app, tx, pending, user))));
    expect(tries.filter((job) => job !== null)).toHaveLength(1);
    expect(await made.statuses()).toEqual({ a: 'pending' });
  });

  it('retries all failed and canceled jobs of a pipeline and starts it again', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { ok: {}, bad: {}, later: { stageIndex: 1 }, last: { stageIndex: 2 } });
    await finish(made, 'ok');
    await finish(made, 'bad', 'fail');
    expect(await made.now()).toMatchObject({ status: 'failed' });
    const before = await idOf(made, 'ok');
    expect(await app.write((tx) => retryPipeline(app, tx, made.pipeline.id, 9))).toMatchObject({ status: 'running' });
    expect(await made.statuses()).toEqual({ ok: 'success', bad: 'pending', later: 'created', last: 'created' });
    expect(await idOf(made, 'ok')).toBe(before);
    await finish(made, 'bad');
    await finish(made, 'later');
    await finish(made, 'last');
    expect(await made.now()).toMatchObject({ status: 'success' });
  });

  it('takes definition and needs along into a new try', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { a: {}, b: { stageIndex: 1, needs: ['a'], script: ['make'], tags: ['x'] } });
    await finish(made, 'a');
    await finish(made, 'b', 'fail');
    const old = await made.job('b');
    const again = await app.write((tx) => retryJob(app, tx, old.id, 1));
    expect(again?.tagSetId).toBe(old.tagSetId);
    expect((await findDefinition(app.db, bench.secrets, again!.id)).compiled).toMatchObject({ script: ['make'], needs: [{ job: 'a' }] });
    const needs = await app.db.selectFrom('job_needs').select('name').where('job_id', '=', again!.id).execute();
    expect(needs).toEqual([{ name: 'a' }]);
  });

  it('cancels all that is not over, and nothing that is', async () => {
    const { app, build, project, heard } = bench;
    const made = await build.pipeline(project, {
      done: {},
      runs: {},
      gentle: {},
      waits: {},
      later: { stageIndex: 1 },
      ask: { when: 'manual' },
    });
    await finish(made, 'done');
    await made.run('runs');
    await made.run('gentle', { cancelGracefully: true });
    expect(await app.write((tx) => cancelPipeline(app, tx, made.pipeline.id))).toMatchObject({ status: 'manual' });
    const after = { done: 'success', runs: 'canceled', gentle: 'canceling', waits: 'canceled', later: 'canceled', ask: 'manual' };
    expect(await made.statuses()).toEqual(after);
    expect(heard.finished.map((job) => job.name).toSorted()).toEqual(['done', 'later', 'runs', 'waits']);
    expect(await app.db.selectFrom('pending_jobs').selectAll().execute()).toEqual([]);
    expect(await app.write((tx) => cancelPipeline(app, tx, made.pipeline.id))).toMatchObject({ id: made.pipeline.id });
    expect(await made.statuses()).toEqual(after);
  });

  it('cancels a job by force where asking is not enough', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { a: {}, b: {} });
    await made.run('a', { cancelGracefully: true });
    const a = await idOf(made, 'a');
    expect(await app.write((tx) => cancelJob(app, tx, a))).toMatchObject({ status: 'canceling' });
    expect(await app.write((tx) => cancelJob(app, tx, a))).toMatchObject({ status: 'canceling' });
    expect(await app.write((tx) => cancelJob(app, tx, a, true))).toMatchObject({ status: 'canceled' });
    expect(await app.write((tx) => cancelJob(app, tx, a, true))).toMatchObject({ status: 'canceled' });
    await made.run('b', { cancelGracefully: true });
    const b = await idOf(made, 'b');
    expect(await app.write((tx) => cancelJob(app, tx, b, true))).toMatchObject({ status: 'canceled' });
    expect(await app.write((tx) => cancelJob(app, tx, 999_999))).toBeNull();
  });

  it('plays a manual job with variables of its own, for its player, and lets those behind it wait', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { ask: { when: 'manual', allowFailure: true }, next: { stageIndex: 1, needs: ['ask'] } });
    expect(await made.statuses()).toEqual({ ask: 'manual', next: 'skipped' });
    expect(await made.now()).toMatchObject({ status: 'skipped' });
    const play = async (name: string, variables: { key: string; value: string }[] = []) => {
      const id = await idOf(made, name);
      const given = variables.map((variable) => ({ ...variable, variableType: 'env_var', raw: false }) as const);
      return app.write((tx) => playJob({ ...app, secrets: bench.secrets }, tx, id, 5, given));
    };
    const played = await play('ask', [{ key: 'A', value: '1' }]);
    expect(played).toMatchObject({ status: 'pending', userId: 5 });
    expect(await made.statuses()).toEqual({ ask: 'pending', next: 'created' });
    const { playVariables } = await findDefinition(app.db, bench.secrets, played!.id);
    expect(playVariables).toMatchObject([{ key: 'A', value: '1' }]);
    expect(await play('ask')).toBeNull();
    await finish(made, 'ask');
    expect(await made.statuses()).toEqual({ ask: 'success', next: 'pending' });
    // It ran, and may run again: as a new try.
    const again = await play('ask');
    expect(again).toMatchObject({ status: 'pending', attempt: 1 });
    expect(again?.id).not.toBe(played?.id);
  });
});
