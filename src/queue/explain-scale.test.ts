import { sql, type RawBuilder } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { startExplainScene, type ExplainScene } from '../../test/harness/explain-scene.ts';
import { tagSetId } from '../runners/tag-sets.ts';
import type { Explanation } from './explain-api.ts';

const runners = 10_000;
const pending = 100_000;
const sets = 500;
const projects = 200;
/** Every third runner has a job. */
const running = Math.floor(runners / 3);

/** The numbers from 1 to `count`, as a table `numbers(i)`. */
function numbers(count: number): RawBuilder<unknown> {
  return sql`with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < ${sql.lit(count)})`;
}

describe.each(engines)('explanations among %s', { timeout: 120_000 }, (engine) => {
  let scene: ExplainScene;
  let common: number[];

  beforeAll(async () => {
    scene = await startExplainScene(engine);
    const { app } = scene.server.baton;
    const now = app.clock.now();
    for (let index = 0; index < projects; index += 1) await scene.server.build.project();
    const copied = await scene.running();
    await app.write(async (tx) => {
      const ids: number[] = [];
      for (let index = 0; index < sets; index += 1) ids.push(await tagSetId(tx, [`tag-${index}`, 'common']));
      const base = ids[0] ?? 0;
      common = ids;
      // Contacts are spread over five minutes, so that all kinds of liveness occur.
      await sql`
        insert into runners (id, type, sealed_token, token_digest, tags, tag_set_id, active, run_untagged, contacted_at, registration_type,
          creation_state, created_at, updated_at)
        ${numbers(runners)}
        select 1000 + i, case when i % 5 = 0 then 'project_type' else 'instance_type' end, '', 'digest-' || i, '[]', ${sql.lit(base)} + i % ${sql.lit(sets)},
          case when i % 10 = 0 then 0 else 1 end, i % 2, case when i % 7 = 0 then null else ${sql.lit(now)} - (i * 37) % 300000 end,
          'registration_token', 'finished', 0, 0
        from numbers`.execute(tx);
      await sql`insert into runner_projects (runner_id, project_id, created_at)
        ${numbers(runners)} select 1000 + i, 1 + i % ${sql.lit(projects)}, 0 from numbers where i % 5 = 0`.execute(tx);
      await sql`insert into pending_jobs (job_id, project_id, tag_set_id, protected, queued_at)
        ${numbers(pending)} select 1000000 + i, 1 + i % ${sql.lit(projects)}, ${sql.lit(base)} + i % ${sql.lit(sets)}, i % 2, ${sql.lit(now)} from numbers`.execute(
        tx,
      );
      await sql`insert into running_jobs (job_id, project_id, runner_id, instance_runner)
        ${numbers(running)} select 2000000 + i, 1 + i % ${sql.lit(projects)}, 1000 + i * 3, 1 from numbers`.execute(tx);
      const row = await tx.selectFrom('jobs').selectAll().where('id', '=', copied.job.id).executeTakeFirstOrThrow();
      const columns = Object.keys(row).filter((column) => column !== 'id' && column !== 'token_digest');
      const list = sql.join(columns.map((column) => sql.ref(column)));
      await sql`insert into jobs (id, ${list})
        ${numbers(running)} select 2000000 + i, ${list} from numbers, jobs where jobs.id = ${copied.job.id}`.execute(tx);
    });
    if (engine === 'postgres') await sql`analyze`.execute(app.db);
  }, 120_000);
  afterAll(() => scene.server.stop());

  async function timed(job: number): Promise<{ told: Explanation; median: number }> {
    const times: number[] = [];
    let told = await scene.explain(job);
    for (let turn = 0; turn < 7; turn += 1) {
      const start = performance.now();
      told = await scene.explain(job);
      times.push(performance.now() - start);
    }
    return { told, median: times.toSorted((a, b) => a - b)[3] ?? Infinity };
  }

  it('take their time, however many runners and jobs there are', async () => {
    const taken = await timed(await scene.pending({ tags: ['common'] }));
    const unknown = await timed(await scene.pending({ tags: ['nowhere', 'common'] }));
    const untagged = await timed(await scene.pending());
    expect(taken.told.runners?.total).toBe(runners + 1);
    expect(taken.told.position?.of).toBeGreaterThan(pending / sets);
    expect(unknown.told.runners?.unmet).toMatchObject({ tags_missing: runners + 1 });
    expect(common.length).toBe(sets);
    const medians = [taken, unknown, untagged].map(({ median }) => Math.round(median));
    if (process.env['BATON_FIGURES'] !== undefined) process.stderr.write(`${engine}: ${medians.join(', ')} ms\n`);
    // Five times the promise: machines that run tests do other things besides.
    expect(Math.max(...medians)).toBeLessThan(1000);
  });
});
