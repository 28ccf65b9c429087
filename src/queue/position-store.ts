import { sql } from 'kysely';
import type { Db } from '../db/tx.ts';
import type { RunnerType } from '../runners/runner.ts';
import { unfitTagSet } from './can-run.ts';
import { pendingTagSets, servesProject } from './store.ts';

/** The runner in whose order a place is counted. */
export interface PickingRunner {
  id: number;
  type: RunnerType;
  protectedOnly: boolean;
  runUntagged: boolean;
  tags: ReadonlySet<string>;
}

export interface Position {
  /** 1 for the job that is taken next. */
  place: number;
  /** Jobs that wait for the same runners. */
  of: number;
  order: 'oldest_first' | 'fair';
}

/** Pending jobs of a project that a runner may take: all, those before the job, and those that run on instance runners. */
interface Line {
  projectId: number;
  all: number;
  before: number;
  running: number;
}

/**
 * The place of a pending job in the order in which `runner` takes jobs (runner protocol 14). With the fair order of instance runners
 * the job at place `i` of its project has its turn when `i` others of it run besides those that do already; jobs that end
 * meanwhile are not foreseen. Null when the job waits no longer.
 */
export async function positionOf(db: Db, runner: PickingRunner, job: { id: number; projectId: number }): Promise<Position | null> {
  const lines = await linesFor(db, runner, job.id);
  const own = lines.find((line) => line.projectId === job.projectId);
  if (own === undefined || own.before >= own.all) return null;
  const of = sum(lines.map((line) => line.all));
  if (runner.type !== 'instance_type') return { place: 1 + sum(lines.map((line) => line.before)), of, order: 'oldest_first' };
  const turn = own.running + own.before;
  return { place: 1 + sum(lines.map((line) => aheadOf(turn, line))), of, order: 'fair' };
}

/** Jobs of a project whose turn comes before `turn`; of two with the same turn the older one is first. */
function aheadOf(turn: number, { all, before, running }: Line): number {
  const earlier = Math.min(all, Math.max(0, turn - running));
  return earlier + (turn >= running && before > turn - running ? 1 : 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

async function linesFor(db: Db, runner: PickingRunner, jobId: number): Promise<Line[]> {
  const sets = await pendingTagSets(db);
  const fitting = [...sets].filter(([, tags]) => unfitTagSet(runner, tags) === null).map(([id]) => id);
  let waiting = db
    .selectFrom('pending_jobs')
    .select('project_id')
    .select((select) => select.fn.countAll().as('all'))
    .select(sql<number>`cast(sum(case when job_id < ${jobId} then 1 else 0 end) as bigint)`.as('before'))
    .groupBy('project_id');
  // Where every set fits, which is common, the jobs need not be looked up by their sets.
  if (fitting.length < sets.size) waiting = waiting.where(db.dialect.isOneOf(sql.ref('tag_set_id'), fitting));
  if (runner.protectedOnly) waiting = waiting.where('protected', '=', 1);
  const query = db
    .selectFrom(waiting.as('waiting'))
    .innerJoin('projects', 'projects.id', 'waiting.project_id')
    .where(servesProject(runner))
    .select(['waiting.project_id', 'waiting.all', 'waiting.before'])
    .select(
      sql<number>`(select count(*) from running_jobs where running_jobs.project_id = waiting.project_id and running_jobs.instance_runner = 1)`.as(
        'running',
      ),
    );
  const rows = await query.execute();
  return rows.map((row) => ({
    projectId: row.project_id,
    all: Number(row.all),
    before: row.before,
    running: row.running,
  }));
}
