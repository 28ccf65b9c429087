import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { openBench, type Bench } from '../../test/harness/pipelines-bench.ts';
import type { JobSpec } from '../../test/harness/pipelines-factory.ts';
import type { NewPipeline } from './creation-store.ts';
import { cancelRedundant } from './redundant.ts';
import { transition } from './transition.ts';

describe.each(engines)('redundant pipelines on %s', (engine) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(engine);
  });
  afterEach(() => bench.close());

  const make = (jobs: Record<string, JobSpec>, options: Partial<NewPipeline> = {}) => bench.build.pipeline(bench.project, jobs, options);
  const newest = async (options: Partial<NewPipeline> = {}) => {
    const made = await make({ a: {} }, { sha: 'b'.repeat(40), ...options });
    return cancelRedundant(bench.app, made.pipeline);
  };

  it('are cancelled whole, whatever is interruptible in them, as long as nothing has started', async () => {
    const old = await make({ a: {}, b: { interruptible: true }, c: { stageIndex: 1 }, ask: { when: 'manual', allowFailure: true } });
    expect(await newest()).toEqual([old.pipeline.id]);
    expect(await old.statuses()).toEqual({ a: 'canceled', b: 'canceled', c: 'canceled', ask: 'manual' });
    expect(await old.now()).toMatchObject({ status: 'canceled' });
  });

  it('are cancelled while only interruptible jobs have started, running ones gracefully', async () => {
    const { app } = bench;
    const interruptible = true;
    const old = await make({ done: { interruptible }, runs: { interruptible }, gentle: { interruptible }, last: { stageIndex: 1 } });
    const done = await old.run('done');
    await app.write((tx) => transition(app, tx, done, 'success'));
    await old.run('runs');
    await old.run('gentle', { cancelGracefully: true });
    expect(await newest()).toEqual([old.pipeline.id]);
    expect(await old.statuses()).toEqual({ done: 'success', runs: 'canceled', gentle: 'canceling', last: 'canceled' });
  });

  it('are left alone once a job has started that is not interruptible, also when it is over', async () => {
    const { app } = bench;
    const one = await make({ a: {}, b: { interruptible: true } });
    await one.run('a');
    const two = await make({ a: { interruptible: false }, b: { stageIndex: 1, interruptible: true } });
    const ran = await two.run('a');
    await app.write((tx) => transition(app, tx, ran, 'success'));
    expect(await newest()).toEqual([]);
    expect([await one.statuses(), await two.statuses()]).toEqual([
      { a: 'running', b: 'pending' },
      { a: 'success', b: 'pending' },
    ]);
  });

  it('are only older ones of the same ref and another commit that are not over', async () => {
    const { clock } = bench;
    const ancient = await make({ a: {} });
    clock.advance(7 * 24 * 60 * 60 * 1000 + 1);
    const others = [
      ancient,
      await make({ a: {} }, { ref: 'other' }),
      await make({ a: {} }, { tag: true }),
      await make({ a: {} }, { sha: 'b'.repeat(40) }),
      await make({ a: {} }, { source: 'parent_pipeline' }),
    ];
    const over = await make({ a: { when: 'manual' } });
    const old = await make({ a: {} }, { source: 'web' });
    expect(await newest()).toEqual([old.pipeline.id]);
    for (const other of others) expect(await other.statuses()).toEqual({ a: 'pending' });
    expect(await over.statuses()).toEqual({ a: 'manual' });
    expect(await cancelRedundant(bench.app, ancient.pipeline)).toEqual([]);
  });
});
