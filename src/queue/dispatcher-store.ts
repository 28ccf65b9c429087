import type { Db } from '../db/tx.ts';
import { tagsBySet } from '../pipelines/tag-set-store.ts';
import type { Runner } from '../runners/runner.ts';
import type { JobFacts, RunnerFacts } from './can-run.ts';
import { projectFacts } from './reaper-store.ts';

/** What matching looks at in a runner, as it is now. */
export async function runnerFacts(db: Db, runner: Runner): Promise<RunnerFacts> {
  const group = await db.selectFrom('runner_groups').select('group_id').where('runner_id', '=', runner.id).executeTakeFirst();
  const projects = await db.selectFrom('runner_projects').select('project_id').where('runner_id', '=', runner.id).execute();
  return {
    type: runner.type,
    active: runner.active,
    protectedOnly: runner.accessLevel === 'ref_protected',
    runUntagged: runner.runUntagged,
    tags: new Set(runner.tags),
    groupId: group?.group_id ?? null,
    projectIds: new Set(projects.map((row) => row.project_id)),
  };
}

/** What matching looks at in those of the jobs that still wait for a runner, oldest first. */
export async function pendingFacts(db: Db, jobIds: readonly number[]): Promise<(JobFacts & { jobId: number })[]> {
  const rows = await db
    .selectFrom('pending_jobs')
    .select(['job_id', 'project_id', 'tag_set_id', 'protected'])
    .where((where) => db.dialect.isOneOf(where.ref('job_id'), jobIds))
    .orderBy('job_id')
    .execute();
  const tags = await tagsBySet(
    db,
    rows.map((row) => row.tag_set_id),
  );
  const projects = new Map<number, Awaited<ReturnType<typeof projectFacts>>>();
  for (const id of new Set(rows.map((row) => row.project_id))) projects.set(id, await projectFacts(db, id));
  return rows.flatMap((row) => {
    const project = projects.get(row.project_id);
    if (project === null || project === undefined) return [];
    return [{ ...project, jobId: row.job_id, tags: tags.get(row.tag_set_id) ?? [], protected: row.protected === 1 }];
  });
}

/** Ids of jobs that became pending after `after` (ms), oldest first, at most `limit`. */
export async function pendingSince(db: Db, after: number, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom('pending_jobs')
    .select('job_id')
    .where('queued_at', '>', after)
    .orderBy('queued_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.job_id);
}

/** Those of the runners that are gone, or that changed after the time (ms) given for them. */
export async function changedRunners(db: Db, known: ReadonlyMap<number, number>): Promise<Set<number>> {
  const rows = await db
    .selectFrom('runners')
    .select(['id', 'updated_at'])
    .where((where) => db.dialect.isOneOf(where.ref('id'), [...known.keys()]))
    .execute();
  const now = new Map(rows.map((row) => [row.id, row.updated_at]));
  return new Set([...known].filter(([id, updatedAt]) => now.get(id) !== updatedAt).map(([id]) => id));
}
