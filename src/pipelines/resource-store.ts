import type { Db, Tx } from '../db/tx.ts';
import { batches } from './status-store.ts';

/*
 * The SQL of resources: each belongs to a project and is held by at most one job. Nothing outside this file writes
 * `resource_groups`.
 */

/** Who of the waiting jobs gets a resource next (CI configuration 14). */
export type ProcessMode = 'unordered' | 'oldest_first' | 'newest_first' | 'newest_ready_first';

export interface Resource {
  id: number;
  mode: ProcessMode;
  /** The job that holds it; null: it is free. */
  jobId: number | null;
}

/** Id of the project's resource of this name, which is made when there is none. */
export async function ensureResource(tx: Tx, projectId: number, key: string, now: number): Promise<number> {
  await tx
    .insertInto('resource_groups')
    .values({ project_id: projectId, key, process_mode: 'unordered', job_id: null, created_at: now, updated_at: now })
    .onConflict((conflict) => conflict.columns(['project_id', 'key']).doNothing())
    .execute();
  const row = await tx
    .selectFrom('resource_groups')
    .select('id')
    .where('project_id', '=', projectId)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Reads resources and holds them until the transaction ends. To be called with the pipeline of the jobs locked. */
export async function lockResources(tx: Tx, ids: readonly number[]): Promise<Map<number, Resource>> {
  const found = new Map<number, Resource>();
  for (const some of batches(ids.toSorted((a, b) => a - b))) {
    const query = tx.selectFrom('resource_groups').select(['id', 'process_mode', 'job_id']).where('id', 'in', some).orderBy('id');
    for (const row of await tx.dialect.lockRows(query).execute()) {
      found.set(row.id, { id: row.id, mode: row.process_mode as ProcessMode, jobId: row.job_id });
    }
  }
  return found;
}

/** Those of the resources for which jobs wait. */
export async function resourcesWithWaiters(db: Db, ids: readonly number[]): Promise<Set<number>> {
  const found = new Set<number>();
  for (const some of batches(ids)) {
    const rows = await db
      .selectFrom('jobs')
      .select('resource_group_id')
      .distinct()
      .where('resource_group_id', 'in', some)
      .where('status', '=', 'waiting_for_resource')
      .execute();
    for (const row of rows) if (row.resource_group_id !== null) found.add(row.resource_group_id);
  }
  return found;
}

/** Gives a locked resource to a job. */
export async function holdResource(tx: Tx, id: number, jobId: number, now: number): Promise<void> {
  await tx.updateTable('resource_groups').set({ job_id: jobId, updated_at: now }).where('id', '=', id).execute();
}

/** Takes from these jobs what they hold. */
export async function freeResources(tx: Tx, jobIds: readonly number[], resourceIds: readonly number[], now: number): Promise<void> {
  for (const some of batches(jobIds)) {
    await tx
      .updateTable('resource_groups')
      .set({ job_id: null, updated_at: now })
      .where('id', 'in', resourceIds)
      .where('job_id', 'in', some)
      .execute();
  }
}

/** The resources of these jobs, held or waited for. */
export async function resourcesOfJobs(db: Db, jobIds: readonly number[]): Promise<number[]> {
  const rows = await db
    .selectFrom('jobs')
    .select('resource_group_id')
    .distinct()
    .where('id', 'in', jobIds)
    .where('resource_group_id', 'is not', null)
    .execute();
  return rows.flatMap((row) => row.resource_group_id ?? []);
}

/** Jobs that want a resource, the one whose turn is next first; in the two modes that go by the pipeline also some that are not ready. */
export async function waitersOf(db: Db, id: number, mode: ProcessMode, limit: number) {
  const byPipeline = mode === 'oldest_first' || mode === 'newest_first';
  let query = db
    .selectFrom('jobs')
    .select(['id', 'name', 'stage', 'status'])
    .where('resource_group_id', '=', id)
    .where('status', 'in', byPipeline ? ['created', 'scheduled', 'waiting_for_resource'] : ['waiting_for_resource'])
    .where('retried', '=', 0);
  if (mode !== 'unordered') query = query.orderBy('pipeline_id', mode === 'oldest_first' ? 'asc' : 'desc');
  return (
    query
      // Within a pipeline those that wait come first.
      .orderBy((by) => by.case().when('status', '=', 'waiting_for_resource').then(0).else(1).end())
      .orderBy('id')
      .limit(limit)
      .execute()
  );
}

/**
 * Id of the job whose turn it is to get a free resource; null when the resource is held, nobody waits, or whoever comes
 * first by its mode is not ready yet: in the two modes that go by the pipeline, jobs that have not had their turn count too.
 */
export async function nextForResource(db: Db, id: number): Promise<number | null> {
  const resource = await db.selectFrom('resource_groups').select(['process_mode', 'job_id']).where('id', '=', id).executeTakeFirst();
  if (resource === undefined || resource.job_id !== null) return null;
  const [first] = await waitersOf(db, id, resource.process_mode as ProcessMode, 1);
  return first?.status === 'waiting_for_resource' ? first.id : null;
}

/** Ids of free resources for which jobs wait, after the id `after`. */
export async function freeResourcesWanted(db: Db, after: number, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom('resource_groups')
    .select('id')
    .where('id', '>', after)
    .where('job_id', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('jobs')
          .select('jobs.id')
          .whereRef('jobs.resource_group_id', '=', 'resource_groups.id')
          .where('jobs.status', '=', 'waiting_for_resource'),
      ),
    )
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/** Deletes the resources of projects whose jobs are gone. */
export async function deleteResources(tx: Tx, projectIds: readonly number[]): Promise<void> {
  for (const some of batches(projectIds)) await tx.deleteFrom('resource_groups').where('project_id', 'in', some).execute();
}
