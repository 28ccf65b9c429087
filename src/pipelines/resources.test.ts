import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { openBench, type Bench } from '../../test/harness/pipelines-bench.ts';
import type { JobSpec, MadePipeline } from '../../test/harness/pipelines-factory.ts';
import { cancelJob } from './cancel.ts';
import { playJob } from './play.ts';
import { removePipelines } from './remove.ts';
import type { ProcessMode } from './resource-store.ts';
import { assignFreeResources } from './resources.ts';
import { retryJob } from './retry.ts';
import { transition } from './transition.ts';

const deploy: JobSpec = { resourceGroup: 'production' };

describe.each(engines)('resources on %s', (engine) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(engine);
  });
  afterEach(() => bench.close());

  const pipelines = (count: number, spec: JobSpec = deploy) =>
    Promise.all(Array.from({ length: count }, () => bench.build.pipeline(bench.project, { deploy: spec })));
  const statusesOf = async (made: readonly MadePipeline[]) =>
    Promise.all(made.map(async (one) => (await one.statuses())['deploy'] ?? 'none'));
  async function holder(): Promise<number | null> {
    const row = await bench.app.db.selectFrom('resource_groups').select('job_id').where('key', '=', 'production').executeTakeFirstOrThrow();
    return row.job_id;
  }
  async function setMode(mode: ProcessMode): Promise<void> {
    await bench.app.write((tx) => tx.updateTable('resource_groups').set({ process_mode: mode }).execute());
  }
  async function end(made: MadePipeline): Promise<void> {
    const { app } = bench;
    const { id } = await made.run('deploy');
    await app.write((tx) => transition(app, tx, id, 'success'));
    await bench.handedOver();
  }

  it('are held by one job at a time, and go on to the next at its end', async () => {
    const { build, project, heard } = bench;
    const one = await build.pipeline(project, { deploy });
    const two = await build.pipeline(project, { deploy, other: {} });
    expect(await one.statuses()).toEqual({ deploy: 'pending' });
    expect(await two.statuses()).toEqual({ deploy: 'waiting_for_resource', other: 'pending' });
    expect(await holder()).toBe(one.jobs['deploy']!.id);
    heard.pending.length = 0;
    await end(one);
    expect(await holder()).toBe(two.jobs['deploy']!.id);
    expect(await two.job('deploy')).toMatchObject({ status: 'pending', queuedAt: bench.clock.now() });
    expect(heard.pending).toEqual([two.jobs['deploy']!.id]);
    await end(two);
    expect(await holder()).toBeNull();
  });

  it('make a pipeline wait that has nothing else to do', async () => {
    const [first, second] = await pipelines(2);
    const waiting = [await first!.now(), await second!.now()].filter((pipeline) => pipeline.status === 'waiting_for_resource');
    expect(waiting).toHaveLength(1);
  });

  it('do not matter to jobs of other names and of other projects', async () => {
    const { build, project } = bench;
    const made = await build.pipeline(project, { deploy, staging: { resourceGroup: 'staging' }, free: {} });
    expect(await made.statuses()).toEqual({ deploy: 'pending', staging: 'pending', free: 'pending' });
  });

  it('are free again however their job ends', async () => {
    const { app } = bench;
    const made = await pipelines(5);
    const idOfHolder = async () => made.find((one) => one.jobs['deploy']!.id === current)!;
    let current = await holder();
    const ends: ((id: number) => Promise<unknown>)[] = [
      (id) => app.write((tx) => cancelJob(app, tx, id)),
      (id) => app.write((tx) => transition(app, tx, id, 'skip')),
      (id) => app.write((tx) => transition(app, tx, id, 'drop', { failureReason: 'script_failure' })),
      async (id) => {
        const { pipeline } = await idOfHolder();
        const log = { error: () => undefined } as never;
        const rest = {
          eraseArtifacts: async () => undefined,
          eraseTrace: async () => undefined,
          deletePipelineRefs: async () => undefined,
        };
        await app.write((tx) => removePipelines({ ...app, ...rest, log }, tx, [pipeline]));
        expect(await app.db.selectFrom('jobs').select('id').where('id', '=', id).execute()).toEqual([]);
      },
    ];
    const held = new Set<number | null>([current]);
    for (const stop of ends) {
      await stop(current!);
      await bench.handedOver();
      current = await holder();
      held.add(current);
    }
    expect(held.size).toBe(5);
    expect(held.has(null)).toBe(false);
  });

  it('are waited for by new tries and by played jobs as well', async () => {
    const { app, build, project, secrets } = bench;
    const one = await build.pipeline(project, { deploy });
    const two = await build.pipeline(project, { deploy: { ...deploy, when: 'manual' } });
    const { id } = await one.run('deploy');
    const play = () => app.write((tx) => playJob({ ...app, secrets }, tx, two.jobs['deploy']!.id, 3, []));
    expect(await play()).toMatchObject({ status: 'waiting_for_resource', userId: 3 });
    await app.write((tx) => transition(app, tx, id, 'drop', { failureReason: 'script_failure' }));
    await bench.handedOver();
    expect(await statusesOf([one, two])).toEqual(['failed', 'pending']);
    expect(await app.write((tx) => retryJob(app, tx, id, 3))).toMatchObject({ status: 'waiting_for_resource', attempt: 1 });
    await end(two);
    expect(await statusesOf([one, two])).toEqual(['pending', 'success']);
  });

  it('go behind those that wait when a failed holder is tried anew by itself', async () => {
    const { app } = bench;
    const one = await bench.build.pipeline(bench.project, { deploy: { ...deploy, retry: { max: 1, when: [], exitCodes: [] } } });
    const two = await bench.build.pipeline(bench.project, { deploy });
    const { id } = await one.run('deploy');
    await app.write((tx) => transition(app, tx, id, 'drop', { failureReason: 'script_failure' }));
    await bench.handedOver();
    expect(await statusesOf([one, two])).toEqual(['waiting_for_resource', 'pending']);
    await end(two);
    expect(await statusesOf([one, two])).toEqual(['pending', 'success']);
  });

  it.each([
    ['unordered', [1, 2, 3]],
    ['oldest_first', [1, 2, 3]],
    ['newest_first', [3, 2, 1]],
    ['newest_ready_first', [3, 2, 1]],
  ] as const)('are given out %s', async (mode, order) => {
    const made = [];
    for (let index = 0; index < 4; index++) made.push(await bench.build.pipeline(bench.project, { deploy }));
    await setMode(mode);
    for (let done = 0; done < order.length; done++) {
      await end(made[done === 0 ? 0 : order[done - 1]!]!);
      expect(await holder()).toBe(made[order[done]!]!.jobs['deploy']!.id);
    }
  });

  it('wait for an older pipeline that is not so far yet, where the order asks for that', async () => {
    const { app, build, project } = bench;
    const held = await build.pipeline(project, { deploy });
    await setMode('oldest_first');
    const older = await build.pipeline(project, { first: {}, deploy: { ...deploy, stageIndex: 1 } });
    const newer = await build.pipeline(project, { deploy });
    await end(held);
    expect(await statusesOf([older, newer])).toEqual(['created', 'waiting_for_resource']);
    expect(await assignFreeResources(app)).toBe(0);
    const first = await older.run('first');
    await app.write((tx) => transition(app, tx, first, 'drop', { failureReason: 'script_failure' }));
    await bench.handedOver();
    expect(await statusesOf([older, newer])).toEqual(['skipped', 'pending']);
  });

  it('are given out by the sweep when nobody was told that they are free', async () => {
    const { build, project } = bench;
    const app = { ...bench.app, resourcesFreed: () => undefined };
    const one = await build.pipeline(project, { deploy });
    const two = await build.pipeline(project, { deploy });
    const { id } = await one.run('deploy');
    await app.write((tx) => transition(app, tx, id, 'success'));
    expect([await holder(), await two.statuses()]).toEqual([null, { deploy: 'waiting_for_resource' }]);
    expect(await Promise.all([assignFreeResources(app), assignFreeResources(app)])).toHaveLength(2);
    expect([await holder(), await two.statuses()]).toEqual([two.jobs['deploy']!.id, { deploy: 'pending' }]);
    expect(await assignFreeResources(app)).toBe(0);
  });

  it('are never held by two, and nobody is forgotten, when twenty want one at once', { timeout: 60_000 }, async () => {
    const { app } = bench;
    const made = await pipelines(20);
    const byJob = new Map(made.map((one) => [one.jobs['deploy']!.id, one]));
    for (let round = 0; round < 20; round++) {
      await bench.handedOver();
      const active = await app.db
        .selectFrom('jobs')
        .select(['id', 'status'])
        .where('status', 'in', ['pending', 'running', 'canceling'])
        .execute();
      expect(active).toHaveLength(1);
      expect(await holder()).toBe(active[0]!.id);
      const { id } = await byJob.get(active[0]!.id)!.run('deploy');
      // Several say at once that it ended, while the sweep goes over it too.
      const ended = await Promise.all([
        ...[1, 2, 3].map(() => app.write((tx) => transition(app, tx, id, 'success'))),
        assignFreeResources(app),
        assignFreeResources(app),
      ]);
      expect(ended.slice(0, 3).filter((one) => one !== null)).toHaveLength(1);
    }
    expect(new Set(await statusesOf(made))).toEqual(new Set(['success']));
    expect(await holder()).toBeNull();
  });

  it('go to one of twenty that are played at once, and then to all of them in turn', { timeout: 60_000 }, async () => {
    const { app, secrets } = bench;
    const made = await pipelines(20, { ...deploy, when: 'manual' });
    await Promise.all(made.map((one) => app.write((tx) => playJob({ ...app, secrets }, tx, one.jobs['deploy']!.id, 1, []))));
    for (let left = 20; left > 0; left--) {
      await bench.handedOver();
      const now = await statusesOf(made);
      expect(now.filter((status) => status === 'waiting_for_resource')).toHaveLength(left - 1);
      const next = now.indexOf('pending');
      expect(await holder()).toBe(made[next]?.jobs['deploy']!.id);
      await end(made[next]!);
    }
    expect(await holder()).toBeNull();
  });

  it('are given to a job that comes alone, also where the order is that of pipelines', async () => {
    const { build, project } = bench;
    await end(await build.pipeline(project, { deploy }));
    await setMode('oldest_first');
    const made = await build.pipeline(project, { deploy });
    await bench.handedOver();
    expect(await made.statuses()).toEqual({ deploy: 'pending' });
  });

  it('are handed over as often as they come free when twenty jobs of twenty resources end at once', { timeout: 60_000 }, async () => {
    const { app, build, project } = bench;
    const names = Array.from({ length: 20 }, (_, index) => `r${index}`);
    const specs = (order: readonly string[]) => Object.fromEntries(order.map((name) => [name, { resourceGroup: name }]));
    const one = await build.pipeline(project, specs(names));
    const two = await build.pipeline(project, specs(names.toReversed()));
    const three = await build.pipeline(project, specs(names));
    for (const name of names) await one.run(name);
    await Promise.all(names.map((name) => app.write((tx) => transition(app, tx, one.jobs[name]!.id, 'success'))));
    await bench.handedOver();
    expect(new Set(Object.values(await two.statuses()))).toEqual(new Set(['pending']));
    expect(new Set(Object.values(await three.statuses()))).toEqual(new Set(['waiting_for_resource']));
  });
});
