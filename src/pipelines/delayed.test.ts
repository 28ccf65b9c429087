import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { openBench, type Bench } from '../../test/harness/pipelines-bench.ts';
import { cancelPipeline } from './cancel.ts';
import { enqueueDueJobs } from './delayed.ts';
import { nextDueAt } from './delayed-store.ts';
import { playJob } from './play.ts';
import { retryPipeline } from './retry.ts';
import { transition } from './transition.ts';

const delayed = { when: 'delayed', startIn: 90 } as const;

describe.each(engines)('delayed jobs on %s', (engine) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(engine);
  });
  afterEach(() => bench.close());

  const rows = () => bench.app.db.selectFrom('scheduled_jobs').selectAll().orderBy('job_id').execute();
  const due = (limit = 100) => enqueueDueJobs(bench.app, bench.clock.now(), limit);

  it('wait from their turn on for as long as they say, and then enter the queue', async () => {
    const { app, build, project, clock, heard } = bench;
    const made = await build.pipeline(project, { first: {}, later: { ...delayed, stageIndex: 1 }, last: { stageIndex: 2 } });
    expect(await made.statuses()).toEqual({ first: 'pending', later: 'created', last: 'created' });
    const first = await made.run('first');
    clock.advance(5000);
    await app.write((tx) => transition(app, tx, first, 'success'));
    const at = clock.now() + 90_000;
    expect(await made.job('later')).toMatchObject({ status: 'scheduled', scheduledAt: at, queuedAt: null });
    expect(await rows()).toEqual([{ job_id: made.jobs['later']!.id, due_at: at }]);
    expect(await made.now()).toMatchObject({ status: 'scheduled', finishedAt: null });
    expect(await nextDueAt(app.db)).toBe(at);

    clock.advance(89_999);
    expect(await due()).toBe(0);
    clock.advance(1);
    heard.pending.length = 0;
    expect(await due()).toBe(1);
    expect(heard.pending).toEqual([made.jobs['later']!.id]);
    expect(await made.job('later')).toMatchObject({ status: 'pending', scheduledAt: null, queuedAt: at });
    expect(await made.now()).toMatchObject({ status: 'running' });
    expect([await rows(), await nextDueAt(app.db), await due()]).toEqual([[], null, 0]);
    const later = await made.run('later');
    await app.write((tx) => transition(app, tx, later, 'success'));
    expect(await made.statuses()).toMatchObject({ last: 'pending' });
  });

  it('are skipped after a failure like all others', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { first: {}, later: { ...delayed, stageIndex: 1 } });
    const first = await made.run('first');
    await app.write((tx) => transition(app, tx, first, 'drop', { failureReason: 'script_failure' }));
    expect(await made.statuses()).toEqual({ first: 'failed', later: 'skipped' });
    expect(await rows()).toEqual([]);
  });

  it('start at once when somebody plays them, go when they are cancelled, and wait for a hand when they are taken off the clock', async () => {
    const { app, build, project, secrets } = bench;
    const made = await build.pipeline(project, { a: delayed, b: delayed, c: delayed });
    expect(await rows()).toHaveLength(3);
    const played = await app.write((tx) => playJob({ ...app, secrets }, tx, made.jobs['a']!.id, 4, []));
    expect(played).toMatchObject({ status: 'pending', userId: 4, scheduledAt: null });
    await app.write((tx) => transition(app, tx, made.jobs['b']!.id, 'unschedule'));
    expect(await made.job('b')).toMatchObject({ status: 'manual', scheduledAt: null });
    expect((await rows()).map((row) => row.job_id)).toEqual([made.jobs['c']!.id]);
    await app.write((tx) => cancelPipeline(app, tx, made.pipeline.id));
    expect(await made.statuses()).toEqual({ a: 'canceled', b: 'manual', c: 'canceled' });
    expect(await rows()).toEqual([]);
  });

  it('wait anew when their pipeline is started again', async () => {
    const { app, build, project, clock } = bench;
    const made = await build.pipeline(project, { a: delayed });
    await app.write((tx) => cancelPipeline(app, tx, made.pipeline.id));
    clock.advance(1000);
    await app.write((tx) => retryPipeline(app, tx, made.pipeline.id, 1));
    expect(await made.job('a')).toMatchObject({ status: 'scheduled', scheduledAt: clock.now() + 90_000, attempt: 1 });
  });

  it('go in the order in which they are due, page by page, and once only when two sweep', async () => {
    const { app, build, project, clock, heard } = bench;
    const one = await build.pipeline(project, { slow: { ...delayed, startIn: 60 }, quick: { ...delayed, startIn: 10 } });
    const two = await build.pipeline(project, { middle: { ...delayed, startIn: 30 } });
    clock.advance(60_000);
    expect(await due(2)).toBe(2);
    expect([await one.statuses(), await two.statuses()]).toEqual([{ slow: 'scheduled', quick: 'pending' }, { middle: 'pending' }]);
    const counts = await Promise.all([due(), due(), due()]);
    expect(counts.toSorted()).toEqual([0, 0, 1]);
    expect(heard.pending.filter((id) => id === one.jobs['slow']!.id)).toHaveLength(1);
    expect((await app.db.selectFrom('pending_jobs').selectAll().execute()).length).toBe(3);
  });
});
