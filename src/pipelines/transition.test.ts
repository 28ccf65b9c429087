import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { openBench, type Bench } from '../../test/harness/pipelines-bench.ts';
import { transition } from './transition.ts';

describe.each(engines)('transition on %s', (engine) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(engine);
  });
  afterEach(() => bench.close());

  const rowsOf = async (table: 'pending_jobs' | 'running_jobs') =>
    (await bench.app.db.selectFrom(table).select('job_id').orderBy('job_id').execute()).map((row) => row.job_id);

  it('keeps the tables of pending and running jobs in step, and the times', async () => {
    const { app, build, project, clock } = bench;
    const made = await build.pipeline(project, { one: {}, two: { stageIndex: 1 } });
    const one = made.jobs['one']!.id;
    expect(await rowsOf('pending_jobs')).toEqual([one]);
    expect(made.jobs['one']).toMatchObject({ status: 'pending', queuedAt: clock.now(), startedAt: null });
    expect(await made.now()).toMatchObject({ status: 'pending', startedAt: null });

    clock.advance(2000);
    const running = await made.run('one', { runnerId: 7, tokenDigest: 'abc' });
    expect(running).toMatchObject({ status: 'running', runnerId: 7, tokenDigest: 'abc', timeout: 3600, startedAt: clock.now() });
    expect([await rowsOf('pending_jobs'), await rowsOf('running_jobs')]).toEqual([[], [one]]);
    expect(await made.now()).toMatchObject({ status: 'running', startedAt: clock.now(), finishedAt: null });

    clock.advance(3000);
    const done = await app.write((tx) => transition(app, tx, running, 'success'));
    expect(done).toMatchObject({ status: 'success', tokenDigest: null, finishedAt: clock.now(), runnerId: 7 });
    expect([await rowsOf('pending_jobs'), await rowsOf('running_jobs')]).toEqual([[made.jobs['two']!.id], []]);
    expect(await made.statuses()).toEqual({ one: 'success', two: 'pending' });
  });

  it('tells of pending and finished jobs after the commit, and not after a rollback', async () => {
    const { app, build, project, heard } = bench;
    const made = await build.pipeline(project, { one: {}, two: { stageIndex: 1 } });
    expect(heard.pending).toEqual([made.jobs['one']!.id]);
    const running = await made.run('one');
    const failing = app.write(async (tx) => {
      await transition(app, tx, running, 'success');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(heard.finished).toEqual([]);
    expect(await made.statuses()).toEqual({ one: 'running', two: 'created' });

    await app.write((tx) => transition(app, tx, running, 'drop', { failureReason: 'script_failure', exitCode: 3 }));
    expect(heard.finished).toMatchObject([{ id: running.id, status: 'failed', failureReason: 'script_failure', exitCode: 3 }]);
    expect(heard.pending).toEqual([made.jobs['one']!.id]);
    expect(await made.statuses()).toEqual({ one: 'failed', two: 'skipped' });
  });

  it('says null to whoever comes second, and changes nothing then', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { one: {} });
    const seen = await made.job('one');
    const run = (runnerId: number) =>
      app.write((tx) =>
        transition(app, tx, seen, 'run', {
          runnerId,
          managerId: null,
          tokenDigest: `of ${runnerId}`,
          timeout: 60,
          timeoutSource: 'job',
          cancelGracefully: false,
          instanceRunner: false,
        }),
      );
    const claims = await Promise.all([1, 2, 3, 4, 5, 6].map(run));
    const winners = claims.filter((job) => job !== null);
    expect(winners).toHaveLength(1);
    expect(await made.job('one')).toEqual(winners[0]);
    expect(await app.write((tx) => transition(app, tx, seen, 'cancel'))).toBeNull();
    expect(await app.write((tx) => transition(app, tx, 999_999, 'cancel'))).toBeNull();
    expect(await app.write((tx) => transition(app, tx, seen.id, 'enqueue'))).toBeNull();
    expect(await made.statuses()).toEqual({ one: 'running' });
  });

  it('takes the newest status of a job that is given by its id', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { one: {} });
    await made.run('one');
    expect(await app.write((tx) => transition(app, tx, made.jobs['one']!.id, 'cancel'))).toMatchObject({ status: 'canceled' });
  });

  it('lets a job on a graceful manager end by itself, as canceled', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { one: {} });
    const running = await made.run('one', { cancelGracefully: true, tokenDigest: 'live' });
    const canceling = await app.write((tx) => transition(app, tx, running, 'cancel'));
    expect(canceling).toMatchObject({ status: 'canceling', tokenDigest: 'live', finishedAt: null });
    expect(await rowsOf('running_jobs')).toEqual([running.id]);
    expect(await made.now()).toMatchObject({ status: 'canceling' });
    const ended = await app.write((tx) => transition(app, tx, running.id, 'drop', { failureReason: 'job_canceled' }));
    expect(ended).toMatchObject({ status: 'canceled', failureReason: null, tokenDigest: null });
    expect(await rowsOf('running_jobs')).toEqual([]);
    expect(await made.now()).toMatchObject({ status: 'canceled' });
  });

  it('counts as running time of a pipeline what at least one job ran', async () => {
    const { app, build, project, clock } = bench;
    const made = await build.pipeline(project, { a: {}, b: {}, c: { stageIndex: 1 } });
    const end = (name: string) => app.write((tx) => transition(app, tx, made.jobs[name]!.id, 'success'));
    await made.run('a');
    clock.advance(1000);
    await made.run('b');
    clock.advance(1000);
    await end('a');
    clock.advance(1000);
    await end('b');
    clock.advance(60_000);
    await made.run('c');
    clock.advance(500);
    await end('c');
    expect(await made.now()).toMatchObject({ status: 'success', duration: 3.5, finishedAt: clock.now() });
  });

  it('tries a job anew, twice, that failed before any runner had it', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { a: {}, b: { stageIndex: 1 } });
    for (const attempt of [0, 1, 2]) {
      expect(await made.statuses()).toEqual({ a: 'pending', b: 'created' });
      const job = await made.run('a');
      expect(job.attempt).toBe(attempt);
      await app.write((tx) => transition(app, tx, job, 'drop', { failureReason: 'scheduler_failure' }));
    }
    expect(await made.statuses()).toEqual({ a: 'failed', b: 'skipped' });
    expect(await app.db.selectFrom('jobs').select('retried').where('name', '=', 'a').orderBy('id').execute()).toEqual([
      { retried: 1 },
      { retried: 1 },
      { retried: 0 },
    ]);
  });

  it('moves a thousand jobs at once', async () => {
    const { app, build, project, heard } = bench;
    const later = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`job ${index}`, { stageIndex: 1 }]));
    const made = await build.pipeline(project, { first: {}, ...later });
    const first = await made.run('first');
    await app.write((tx) => transition(app, tx, first, 'success'));
    expect(await rowsOf('pending_jobs')).toHaveLength(1000);
    expect(heard.pending).toHaveLength(1001);
  });
});
