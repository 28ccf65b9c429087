import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { openBench, type Bench } from '../../test/harness/pipelines-bench.ts';
import type { MadePipeline } from '../../test/harness/pipelines-factory.ts';
import { cancelJob } from './cancel.ts';
import { retryJob } from './retry.ts';
import { transition, type DropChanges } from './transition.ts';

describe.each(engines)('failures on %s', (engine) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(engine);
  });
  afterEach(() => bench.close());

  async function fail(made: MadePipeline, name: string, changes: Partial<DropChanges> = {}) {
    const { id } = await made.run(name);
    return bench.app.write((tx) => transition(bench.app, tx, id, 'drop', { failureReason: 'script_failure', ...changes }));
  }

  it('are tried anew as often as the job says, each try with the definition of the first', async () => {
    const { build, project } = bench;
    const retry = { max: 2, when: ['script_failure'], exitCodes: [] };
    const made = await build.pipeline(project, { a: { retry, tags: ['x'], interruptible: true }, b: { stageIndex: 1 } });
    const first = made.jobs['a']!;
    for (const attempt of [0, 1, 2]) {
      expect(await made.statuses()).toEqual({ a: 'pending', b: 'created' });
      expect(await made.job('a')).toMatchObject({ attempt, tagSetId: first.tagSetId, interruptible: true, userId: first.userId });
      expect(await fail(made, 'a')).toMatchObject({ status: 'failed' });
    }
    expect(await made.statuses()).toEqual({ a: 'failed', b: 'skipped' });
    expect(await made.now()).toMatchObject({ status: 'failed' });
  });

  it('are not tried anew for reasons that the job does not list, nor when the job was cancelled', async () => {
    const { app, build, project } = bench;
    const retry = { max: 2, when: ['runner_system_failure'], exitCodes: [137] };
    const made = await build.pipeline(project, { a: { retry }, b: { retry }, c: { retry } });
    await fail(made, 'a', { exitCode: 1 });
    await fail(made, 'b', { exitCode: 137 });
    const { id } = await made.run('c', { cancelGracefully: true });
    await app.write((tx) => cancelJob(app, tx, id));
    await app.write((tx) => transition(app, tx, id, 'drop', { failureReason: 'runner_system_failure' }));
    expect(await made.statuses()).toEqual({ a: 'failed', b: 'pending', c: 'canceled' });
  });

  it('are tried anew once, however many say at once that the job failed', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { a: { retry: { max: 2, when: ['no_updates_running'], exitCodes: [] } } });
    const { id } = await made.run('a');
    const drops = await Promise.all(
      [1, 2, 3, 4].map(() => app.write((tx) => transition(app, tx, id, 'drop', { failureReason: 'no_updates_running' }))),
    );
    expect(drops.filter((job) => job !== null)).toHaveLength(1);
    expect(await app.db.selectFrom('jobs').select(['status', 'retried', 'attempt']).orderBy('id').execute()).toEqual([
      { status: 'failed', retried: 1, attempt: 0 },
      { status: 'pending', retried: 0, attempt: 1 },
    ]);
  });

  it('with an exit code that the job allows do not stop its pipeline, and say nothing of the next try', async () => {
    const { app, build, project } = bench;
    const spec = { allowFailureExitCodes: [3, 4] };
    const made = await build.pipeline(project, { a: spec, b: { stageIndex: 1 } });
    expect(await fail(made, 'a', { exitCode: 4 })).toMatchObject({ status: 'failed', allowFailure: true, exitCode: 4 });
    expect(await made.statuses()).toEqual({ a: 'failed', b: 'pending' });
    const again = await app.write((tx) => retryJob(app, tx, made.jobs['a']!.id, 1));
    expect(again).toMatchObject({ status: 'pending', allowFailure: false });
    expect(await fail(made, 'a', { exitCode: 5 })).toMatchObject({ allowFailure: false });
    const other = await build.pipeline(project, { a: spec, b: { stageIndex: 1 } });
    await fail(other, 'a');
    expect(await other.statuses()).toEqual({ a: 'failed', b: 'skipped' });
  });

  it('keep what was known when the server ended the job, and a cancelled job does not', async () => {
    const { app, build, project } = bench;
    const evidence = { lastContactAt: 1000, lastLogAt: null, logSize: 17, threshold: 3600 };
    const made = await build.pipeline(project, { a: {}, b: {} });
    expect(made.jobs['a']).toMatchObject({ failureEvidence: null });
    await fail(made, 'a', { failureReason: 'no_updates_running', evidence });
    expect(await made.job('a')).toMatchObject({ failureReason: 'no_updates_running', failureEvidence: evidence });
    const { id } = await made.run('b', { cancelGracefully: true });
    await app.write((tx) => cancelJob(app, tx, id));
    await app.write((tx) => transition(app, tx, id, 'drop', { failureReason: 'no_updates_canceling', evidence }));
    expect(await made.job('b')).toMatchObject({ status: 'canceled', failureReason: null, failureEvidence: null });
  });
});
