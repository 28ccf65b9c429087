import { expressionBuilder, sql, type Expression, type SqlBool } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Db } from '../db/tx.ts';
import type { Runner } from '../runners/runner.ts';

/** Tag sets of pending jobs by id. There are a few hundred of them however many jobs there are. */
export async function pendingTagSets(db: Db): Promise<Map<number, string[]>> {
  const rows = await db
    .selectFrom('tag_sets')
    .select(['id', 'tags'])
    .where('id', 'in', (from) => from.selectFrom('pending_jobs').select('tag_set_id').distinct())
    .execute();
  return new Map(rows.map((row) => [row.id, JSON.parse(row.tags) as string[]]));
}

/** GitLab looks at no more jobs than this for one request (runner protocol 14). */
export const mostCandidates = 45;

/**
 * Ids of pending jobs that `runner` may take, in the order in which they should be tried: oldest first, and for an
 * instance runner the project with the fewest jobs running on instance runners first (runner protocol 14).
 * `tagSetIds` are the tag sets that fit the runner; jobs that became pending after `queuedBefore` (ms) are left out.
 */
export async function candidateJobs(db: Db, runner: Runner, tagSetIds: readonly number[], queuedBefore: number): Promise<number[]> {
  if (tagSetIds.length === 0) return [];
  let query = db
    .selectFrom('pending_jobs as pending')
    .innerJoin('projects', 'projects.id', 'pending.project_id')
    .select('pending.job_id')
    .where('pending.tag_set_id', 'in', tagSetIds)
    .where('pending.queued_at', '<=', queuedBefore)
    .where(servesProject(runner))
    .limit(mostCandidates);
  if (runner.accessLevel === 'ref_protected') query = query.where('pending.protected', '=', 1);
  if (runner.type === 'instance_type') {
    query = query.orderBy(
      sql`(select count(*) from running_jobs where running_jobs.project_id = pending.project_id and running_jobs.instance_runner = 1)`,
    );
  }
  const rows = await query.orderBy('pending.job_id').execute();
  return rows.map((row) => row.job_id);
}

/** Whether a runner serves the project of a row of `projects`, by its type and the project's settings (runner protocol 14). */
export function servesProject({ id, type }: Pick<Runner, 'id' | 'type'>): Expression<SqlBool> {
  const where = expressionBuilder<Tables, 'projects'>();
  if (type === 'instance_type')
    return where.and([where('projects.shared_runners_enabled', '=', 1), where('projects.jobs_enabled', '=', 1)]);
  if (type === 'project_type') {
    const assigned = where.selectFrom('runner_projects').select('project_id').where('runner_id', '=', id);
    return where('projects.id', 'in', assigned);
  }
  const below = where
    .selectFrom('namespace_ancestors')
    .innerJoin('runner_groups', 'runner_groups.group_id', 'namespace_ancestors.ancestor_id')
    .select('namespace_ancestors.namespace_id')
    .where('runner_groups.runner_id', '=', id);
  return where.and([where('projects.group_runners_enabled', '=', 1), where('projects.namespace_id', 'in', below)]);
}

/** How many jobs of a project run on instance runners. */
export async function runningOnInstanceRunners(db: Db, projectId: number): Promise<number> {
  const row = await db
    .selectFrom('running_jobs')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('project_id', '=', projectId)
    .where('instance_runner', '=', 1)
    .executeTakeFirstOrThrow();
  return row.count;
}
