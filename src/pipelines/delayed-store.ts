import type { Db } from '../db/tx.ts';
import { toJob } from './job-store.ts';
import type { Job } from './job.ts';
import { batches } from './status-store.ts';

/** Up to `limit` delayed jobs that are due at `now`, longest due first: their ids and pipelines. */
export async function dueJobs(db: Db, now: number, limit: number): Promise<{ id: number; pipelineId: number }[]> {
  const rows = await db
    .selectFrom('scheduled_jobs')
    .innerJoin('jobs', 'jobs.id', 'scheduled_jobs.job_id')
    .select(['jobs.id', 'jobs.pipeline_id'])
    .where('scheduled_jobs.due_at', '<=', now)
    .orderBy('scheduled_jobs.due_at')
    .orderBy('scheduled_jobs.job_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ id: row.id, pipelineId: row.pipeline_id }));
}

/** Those of the jobs that still wait for their time. */
export async function scheduledAmong(db: Db, ids: readonly number[]): Promise<Job[]> {
  const found: Job[] = [];
  for (const some of batches(ids)) {
    const rows = await db.selectFrom('jobs').selectAll().where('id', 'in', some).where('status', '=', 'scheduled').orderBy('id').execute();
    found.push(...rows.map(toJob));
  }
  return found;
}

/** When the next delayed job is due, in ms since the epoch; null when none waits. */
export async function nextDueAt(db: Db): Promise<number | null> {
  const row = await db.selectFrom('scheduled_jobs').select('due_at').orderBy('due_at').limit(1).executeTakeFirst();
  return row?.due_at ?? null;
}
