import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { startExplainScene, type ExplainScene } from '../../test/harness/explain-scene.ts';

const second = 1000;

describe.each(engines)('place and wait on %s', (engine) => {
  let scene: ExplainScene;
  beforeAll(async () => {
    scene = await startExplainScene(engine);
  });
  beforeEach(() => scene.clear());
  afterAll(() => scene.server.stop());

  const placeOf = async (job: number) => {
    const { position } = await scene.explain(job);
    return position === null ? null : [position.place, position.of, position.order];
  };

  it('is that of the fair order in which instance runners take jobs', async () => {
    await scene.idle();
    const build = scene.server.build;
    const [busy, quiet, own] = [await build.project(), await build.project(), await build.project()];
    const jobs: [string, number][] = [];
    for (const [project, names] of [
      [busy, ['a', 'b', 'c']],
      [quiet, ['d', 'e']],
      [own, ['f']],
    ] as const) {
      const made = await scene.pipeline(Object.fromEntries(names.map((name) => [name, {}])), { project });
      for (const name of names) jobs.push([name, scene.jobOf(made, name)]);
    }
    const told = new Map<string, unknown>();
    for (const [name, job] of jobs) told.set(name, await placeOf(job));
    // The order in which one agent really gets them.
    const { agent } = await scene.agent();
    const order: string[] = [];
    for (let turn = 0; turn < jobs.length; turn += 1) order.push((await agent.nextJob(1)).job_info.name);
    expect(order).toEqual(['a', 'd', 'f', 'b', 'e', 'c']);
    expect([...told]).toEqual(jobs.map(([name]) => [name, [order.indexOf(name) + 1, jobs.length, 'fair']]));
  });

  it('counts what runs already', async () => {
    await scene.idle();
    const [busy, quiet] = [await scene.server.build.project(), await scene.server.build.project()];
    const running = await scene.pipeline({ x: {}, y: {} }, { project: busy });
    await running.run('x');
    await running.run('y');
    const first = await scene.pending({}, { project: busy });
    for (let turn = 0; turn < 3; turn += 1) await scene.pending({}, { project: quiet });
    expect(await placeOf(first)).toEqual([3, 4, 'fair']);
  });

  it('is oldest first for runners of projects and groups, among the jobs that they can take', async () => {
    const group = await scene.server.build.group();
    const [one, two] = [
      await scene.server.build.project({ group, sharedRunners: false }),
      await scene.server.build.project({ group, sharedRunners: false }),
    ];
    await scene.idle({ group, tags: ['linux'] });
    const jobs = [];
    for (const [project, tags] of [
      [one, ['linux']],
      [one, []],
      [two, ['gpu']],
      [one, []],
      [two, []],
    ] as const)
      jobs.push(await scene.pending({ tags: [...tags] }, { project }));
    const places = [];
    for (const job of jobs) places.push(await placeOf(job));
    expect(places).toEqual([[1, 4, 'oldest_first'], [2, 4, 'oldest_first'], null, [3, 4, 'oldest_first'], [4, 4, 'oldest_first']]);
    // A runner of the project comes sooner.
    await scene.runner({ projects: [two], contactedAt: scene.server.clock.now() });
    expect(await placeOf(jobs[4] ?? 0)).toEqual([1, 1, 'oldest_first']);
  });

  it('is unknown while nobody can take the job', async () => {
    expect(await scene.explain(await scene.pending())).toMatchObject({
      position: null,
      expected_wait: null,
      expected_wait_unknown: 'cannot_run',
    });
  });

  it('expects the wait that jobs with the same tags had lately', async () => {
    const tags = ['waits'];
    const { agent } = await scene.agent({ tags });
    await agent.request();
    for (const wait of [10, 20, 30, 40]) {
      await scene.pending({ tags });
      scene.server.clock.advance(wait * second);
      await agent.nextJob();
    }
    const job = await scene.pending({ tags });
    expect(await scene.explain(job)).toMatchObject({ expected_wait: { from: 10, to: 40, jobs: 4 }, expected_wait_unknown: null });
    scene.server.clock.advance(25 * second);
    expect((await scene.explain(job)).expected_wait).toEqual({ from: 5, to: 15, jobs: 2 });
    scene.server.clock.advance(20 * second);
    expect(await scene.explain(job)).toMatchObject({ expected_wait: null, expected_wait_unknown: 'longer_than_recent' });
    await scene.runner({ tags: ['unheard'], contactedAt: scene.server.clock.now() });
    const other = await scene.pending({ tags: ['unheard'] });
    expect(await scene.explain(other)).toMatchObject({ expected_wait: null, expected_wait_unknown: 'no_history' });
  });
});
