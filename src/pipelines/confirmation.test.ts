import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { openBench, type Bench } from '../../test/harness/pipelines-bench.ts';
import type { MadePipeline } from '../../test/harness/pipelines-factory.ts';
import { cancelJob } from './cancel.ts';
import { confirm, dropUnconfirmed, keepWaiting, reserve } from './confirmation.ts';
import { holdsToken } from './job-state.ts';
import { transition } from './transition.ts';

/** How long agents may say nothing, in ms. */
const patience = 120_000;

describe.each(engines)('agents that confirm first on %s', (engine) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(engine);
  });
  afterEach(() => bench.close());

  const taking = (tokenDigest: string) => ({
    runnerId: 7,
    managerId: 8,
    tokenDigest,
    timeout: 60,
    timeoutSource: 'job',
    cancelGracefully: false,
    instanceRunner: true,
  });
  async function take(made: MadePipeline, token = 'digest') {
    const { app, clock } = bench;
    const job = await made.job('a');
    return app.write((tx) => reserve(app, tx, job, taking(token), clock.now() + patience));
  }
  const rows = async () => {
    const { db } = bench.app;
    const ids = async (table: 'pending_jobs' | 'unconfirmed_jobs' | 'running_jobs') =>
      (await db.selectFrom(table).select('job_id').execute()).map((row) => row.job_id);
    return { pending: await ids('pending_jobs'), unconfirmed: await ids('unconfirmed_jobs'), running: await ids('running_jobs') };
  };

  it('get a job that stays pending, out of the queue and with its token, until they say that it runs', async () => {
    const { app, build, project, clock } = bench;
    const made = await build.pipeline(project, { a: {} });
    const { id } = made.jobs['a']!;
    clock.advance(1000);
    const taken = await take(made);
    expect(taken).toMatchObject({ status: 'pending', runnerId: 7, managerId: 8, tokenDigest: 'digest', timeout: 60, startedAt: null });
    expect(holdsToken(taken!)).toBe(true);
    expect(await rows()).toEqual({ pending: [], unconfirmed: [id], running: [] });
    expect(await made.now()).toMatchObject({ status: 'pending' });

    clock.advance(30_000);
    const running = await app.write((tx) => confirm(app, tx, id));
    expect(running).toMatchObject({ status: 'running', startedAt: clock.now(), tokenDigest: 'digest', runnerId: 7 });
    expect(await rows()).toEqual({ pending: [], unconfirmed: [], running: [id] });
    expect(await made.now()).toMatchObject({ status: 'running', startedAt: clock.now() });
    expect(await app.write((tx) => confirm(app, tx, id))).toBeNull();
    expect(await app.write((tx) => transition(app, tx, id, 'success'))).toMatchObject({ status: 'success' });
    expect(await rows()).toEqual({ pending: [], unconfirmed: [], running: [] });
  });

  it('are alone with their job, whichever way others ask for it', async () => {
    const { app, build, project, clock } = bench;
    const made = await build.pipeline(project, { a: {} });
    const seen = await made.job('a');
    const asks = [1, 2, 3, 4, 5, 6].map((n) =>
      app.write((tx) =>
        n % 2 === 0
          ? reserve(app, tx, seen, taking(`digest ${n}`), clock.now() + patience)
          : transition(app, tx, seen, 'run', taking(`digest ${n}`)),
      ),
    );
    const winners = (await Promise.all(asks)).filter((job) => job !== null);
    expect(winners).toHaveLength(1);
    expect(await made.job('a')).toEqual(winners[0]);
    const other = await build.pipeline(project, { a: {} });
    const before = await other.job('a');
    await take(other);
    expect(await app.write((tx) => transition(app, tx, before, 'run', taking('late')))).toBeNull();
    expect(await app.write((tx) => reserve(app, tx, before, taking('later'), 1))).toBeNull();
    expect(await other.job('a')).toMatchObject({ status: 'pending', tokenDigest: 'digest' });
  });

  it('may confirm only what waits for it', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { a: {} });
    const { id } = made.jobs['a']!;
    expect(await app.write((tx) => confirm(app, tx, id))).toBeNull();
    expect(await app.write((tx) => confirm(app, tx, 999_999))).toBeNull();
    expect(await app.write((tx) => keepWaiting(tx, id, 1))).toBe(false);
    expect(await made.statuses()).toEqual({ a: 'pending' });
  });

  it('lose a job that is cancelled meanwhile, with its token', async () => {
    const { app, build, project } = bench;
    const made = await build.pipeline(project, { a: {} });
    const taken = await take(made);
    const canceled = await app.write((tx) => cancelJob(app, tx, taken!.id));
    expect(canceled).toMatchObject({ status: 'canceled', tokenDigest: null, startedAt: null });
    expect(holdsToken(canceled!)).toBe(false);
    expect(await rows()).toEqual({ pending: [], unconfirmed: [], running: [] });
    expect(await app.write((tx) => confirm(app, tx, taken!.id))).toBeNull();
  });

  it('lose a job of which they say nothing, and another try of it waits for somebody else, three times at most', async () => {
    const { app, build, project, clock } = bench;
    const made = await build.pipeline(project, { a: {} });
    const sweep = () => dropUnconfirmed(app, clock.now(), 100);
    for (const attempt of [0, 1, 2]) {
      const taken = await take(made, `digest ${attempt}`);
      expect(taken).toMatchObject({ attempt });
      clock.advance(patience - 1);
      expect(await sweep()).toBe(0);
      expect(await app.write((tx) => keepWaiting(tx, taken!.id, clock.now() + patience))).toBe(true);
      clock.advance(patience - 1);
      expect(await sweep()).toBe(0);
      clock.advance(1);
      expect((await Promise.all([sweep(), sweep()])).toSorted()).toEqual([0, 1]);
      const dropped = await app.db.selectFrom('jobs').selectAll().where('id', '=', taken!.id).executeTakeFirstOrThrow();
      expect(dropped).toMatchObject({ status: 'failed', failure_reason: 'runner_provisioning_timeout', token_digest: null });
    }
    expect(await made.statuses()).toEqual({ a: 'failed' });
    expect(await rows()).toEqual({ pending: [], unconfirmed: [], running: [] });
  });

  it('either confirm in time or lose the job, never both', async () => {
    const { app, build, project, clock } = bench;
    for (let round = 0; round < 8; round++) {
      const made = await build.pipeline(project, { a: {} });
      const taken = await take(made, `digest ${round}`);
      clock.advance(patience);
      const both = [() => app.write((tx) => confirm(app, tx, taken!.id)), () => dropUnconfirmed(app, clock.now(), 10)];
      const [one, two] = await Promise.all((round % 2 === 0 ? both : both.toReversed()).map((ask) => ask()));
      const [confirmed, dropped] = round % 2 === 0 ? [one, two] : [two, one];
      expect(confirmed === null).toBe(dropped === 1);
      expect(await made.statuses()).toEqual({ a: confirmed === null ? 'pending' : 'running' });
    }
  });
});
