import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { openBench, type Bench } from '../../test/harness/pipelines-bench.ts';
import type { JobSpec, MadePipeline } from '../../test/harness/pipelines-factory.ts';
import { cancelJob } from './cancel.ts';
import { confirm, reserve } from './confirmation.ts';
import { enqueueDueJobs } from './delayed.ts';
import { holdsToken, isCompleted, isOnRunner } from './job-state.ts';
import { toJob } from './job-store.ts';
import type { Job } from './job.ts';
import { playJob } from './play.ts';
import { processPipeline, secondsOf } from './process.ts';
import { retryJob } from './retry.ts';
import { rollUp, rollupStatus } from './rollup.ts';
import { transition } from './transition.ts';

const jobs = fc
  .array(
    fc.record({
      stageIndex: fc.nat({ max: 2 }),
      when: fc.constantFrom('on_success' as const, 'on_failure' as const, 'always' as const, 'manual' as const, 'delayed' as const),
      resourceGroup: fc.constantFrom(null, null, null, 'one', 'two'),
      allowFailure: fc.boolean(),
      needs: fc.option(fc.array(fc.nat({ max: 20 }), { maxLength: 2 })),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((specs): Record<string, JobSpec> => {
    const entries = specs.map(({ needs, ...spec }, index): [string, JobSpec] => {
      const able = specs.flatMap((other, at) =>
        other.stageIndex < spec.stageIndex || (other.stageIndex === spec.stageIndex && at < index) ? [`j${at}`] : [],
      );
      const names = needs === null || able.length === 0 ? null : [...new Set(needs.map((one) => able[one % able.length] ?? ''))];
      return [`j${index}`, { ...spec, ...(names === null ? {} : { needs: names }) }];
    });
    return Object.fromEntries(entries);
  });

/** What happens next in a pipeline: which kind of event, to which of the jobs that it can happen to. */
const steps = fc.array(
  fc.tuple(
    fc.constantFrom('run', 'run', 'reserve', 'confirm', 'end', 'end', 'fail', 'play', 'due', 'cancel', 'retry'),
    fc.nat({ max: 50 }),
  ),
  {
    minLength: 5,
    maxLength: 40,
  },
);

let tokens = 0;
let runs = 0;
const taking = { runnerId: 1, managerId: 1, timeout: 60, timeoutSource: 'job', cancelGracefully: false, instanceRunner: false };

function withOwnResources(specs: Record<string, JobSpec>, run: number): Record<string, JobSpec> {
  const own = ({ resourceGroup, ...spec }: JobSpec): JobSpec => ({
    ...spec,
    resourceGroup: resourceGroup ? `${resourceGroup} ${run}` : null,
  });
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, own(spec)]));
}

describe.each(engines)('processing of pipelines on %s', (engine) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench(engine);
  });
  afterAll(() => bench.close());

  async function allJobs(pipelineId: number): Promise<Job[]> {
    const rows = await bench.app.db.selectFrom('jobs').selectAll().where('pipeline_id', '=', pipelineId).orderBy('id').execute();
    return rows.map(toJob);
  }

  /** Lets one thing happen to the job that `draw` chooses among those it can happen to. */
  async function take(made: MadePipeline, kind: string, draw: number): Promise<void> {
    const { app, secrets } = bench;
    const all = await allJobs(made.pipeline.id);
    const able: Record<string, (job: Job) => boolean> = {
      run: (job) => job.status === 'pending' && job.tokenDigest === null,
      reserve: (job) => job.status === 'pending' && job.tokenDigest === null,
      confirm: (job) => job.status === 'pending' && job.tokenDigest !== null,
      due: (job) => job.status === 'scheduled',
      end: (job) => job.status === 'running' || job.status === 'canceling',
      fail: (job) => job.status === 'running',
      play: (job) => job.status === 'manual' || job.status === 'scheduled',
      cancel: (job) => job.status !== 'manual',
      retry: (job) => isCompleted(job.status),
    };
    const targets = all.filter((job) => !job.retried && able[kind]?.(job) === true);
    const job = targets[draw % Math.max(1, targets.length)];
    if (job === undefined) return;
    bench.clock.advance(1000);
    if (kind === 'due') return void (await enqueueDueJobs(app, bench.clock.now() + 60_000, 1));
    if (kind === 'run') return void (await made.run(job.name, { cancelGracefully: draw % 2 === 0 }));
    await app.write(async (tx) => {
      if (kind === 'reserve') await reserve(app, tx, job, { ...taking, tokenDigest: `reserved-${++tokens}` }, 1);
      if (kind === 'confirm') await confirm(app, tx, job.id);
      if (kind === 'end') await transition(app, tx, job, 'success');
      if (kind === 'fail') await transition(app, tx, job, 'drop', { failureReason: 'script_failure' });
      if (kind === 'play') await playJob({ ...app, secrets }, tx, job.id, 1, []);
      if (kind === 'cancel') await cancelJob(app, tx, job.id);
      if (kind === 'retry') await retryJob(app, tx, job.id, 1);
    });
    await bench.handedOver();
  }

  async function check(made: MadePipeline): Promise<void> {
    const { app } = bench;
    const all = await allJobs(made.pipeline.id);
    const live = all.filter((job) => !job.retried);
    const pipeline = await made.now();
    expect(pipeline.status).toBe(rollUp(new Set(live.map(rollupStatus))));
    expect(pipeline.finishedAt === null).toBe(!isCompleted(pipeline.status));
    const ids = all.map((job) => job.id);
    const inTable = async (table: 'pending_jobs' | 'running_jobs' | 'scheduled_jobs' | 'unconfirmed_jobs') =>
      (await app.db.selectFrom(table).select('job_id').where('job_id', 'in', ids).orderBy('job_id').execute()).map((row) => row.job_id);
    const having = (test: (job: Job) => boolean) => all.filter(test).map((job) => job.id);
    expect(await inTable('pending_jobs')).toEqual(having((job) => job.status === 'pending' && job.tokenDigest === null));
    expect(await inTable('unconfirmed_jobs')).toEqual(having((job) => job.status === 'pending' && job.tokenDigest !== null));
    expect(await inTable('scheduled_jobs')).toEqual(having((job) => job.status === 'scheduled' && job.scheduledAt !== null));
    expect(await inTable('running_jobs')).toEqual(having((job) => isOnRunner(job.status)));
    expect(all.filter((job) => (job.tokenDigest !== null) !== holdsToken(job))).toEqual([]);
    await checkResources();
    // Nothing is left to do: another pass changes nothing.
    await app.write((tx) => processPipeline(app, tx, pipeline.id));
    expect(await allJobs(pipeline.id)).toEqual(all);
    expect(await made.now()).toEqual(pipeline);
    const active = live.some((job) =>
      ['pending', 'running', 'canceling', 'manual', 'scheduled', 'waiting_for_resource'].includes(job.status),
    );
    if (!active) expect(live.filter((job) => job.status === 'created')).toEqual([]);
  }

  /** Each resource is held by the one job of it that is in the queue or on a runner, and free only when nobody waits. */
  async function checkResources(): Promise<void> {
    const { db } = bench.app;
    for (const { id, job_id: holder } of await db.selectFrom('resource_groups').selectAll().execute()) {
      const of = await db.selectFrom('jobs').select(['id', 'status']).where('resource_group_id', '=', id).execute();
      const holding = of.filter((job) => ['pending', 'running', 'canceling'].includes(job.status)).map((job) => job.id);
      expect(holding).toEqual(holder === null ? [] : [holder]);
      if (holder === null) expect(of.filter((job) => job.status === 'waiting_for_resource')).toEqual([]);
    }
  }

  it('keeps pipeline, jobs and queue in step whatever happens', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(jobs, steps, async (specs, events) => {
        // Each run has resources of its own: jobs of the last one hold theirs for good.
        const made = await bench.build.pipeline(bench.project, withOwnResources(specs, ++runs));
        await bench.handedOver();
        await check(made);
        for (const [kind, draw] of events) {
          await take(made, kind, draw);
          await check(made);
        }
      }),
      { numRuns: engine === 'sqlite' ? 40 : 8 },
    );
  });

  it('lets side by side events of one pipeline come out as if one after another', async () => {
    const { app, build, project } = bench;
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`a${index}`, {}]));
    const made = await build.pipeline(project, { ...many, last: { stageIndex: 1 } });
    for (const name of Object.keys(many)) await made.run(name);
    await Promise.all(Object.keys(many).map((name) => app.write((tx) => transition(app, tx, made.jobs[name]!.id, 'success'))));
    expect(await made.statuses()).toMatchObject({ last: 'pending', a0: 'success', a11: 'success' });
    await check(made);
  });
});

it('counts overlapping times once', () => {
  expect(secondsOf([])).toBe(0);
  expect(
    secondsOf([
      { start: 1000, end: 3000 },
      { start: 2000, end: 2500 },
      { start: 2500, end: 4000 },
      { start: 9000, end: 9500 },
    ]),
  ).toBe(3.5);
});
