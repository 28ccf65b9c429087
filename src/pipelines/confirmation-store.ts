import type { Updateable } from 'kysely';
import type { JobRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import { toJob } from './job-store.ts';
import type { Job } from './job.ts';

/* The SQL of jobs that wait for the word of the runner that got them. */

/** A job that waits for its runner's word. */
export interface Unconfirmed {
  jobId: number;
  runnerId: number;
  managerId: number;
  /** Ms since the epoch. */
  confirmBy: number;
  instanceRunner: boolean;
}

/**
 * Binds a pending job to a runner and takes it out of the queue; null when it is not pending or another runner has it. To be
 * called with its pipeline locked.
 */
export async function bindJob(tx: Tx, jobId: number, values: Updateable<JobRow>): Promise<Job | null> {
  const row = await tx
    .updateTable('jobs')
    .set(values)
    .where('id', '=', jobId)
    .where('status', '=', 'pending')
    .where('token_digest', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return null;
  await tx.deleteFrom('pending_jobs').where('job_id', '=', jobId).execute();
  return toJob(row);
}

/** Notes until when a job waits for its runner. */
export async function insertUnconfirmed(tx: Tx, job: Job, managerId: number, confirmBy: number): Promise<void> {
  await tx
    .insertInto('unconfirmed_jobs')
    .values({
      job_id: job.id,
      project_id: job.projectId,
      runner_id: job.runnerId ?? 0,
      manager_id: managerId,
      confirm_by: confirmBy,
    })
    .execute();
}

/** What a job waits for; null when it does not. The row is held until the transaction ends. */
export async function lockUnconfirmed(tx: Tx, jobId: number): Promise<Unconfirmed | null> {
  const query = tx.selectFrom('unconfirmed_jobs').selectAll().where('job_id', '=', jobId);
  const row = await tx.dialect.lockRows(query).executeTakeFirst();
  if (row === undefined) return null;
  const runner = await tx.selectFrom('runners').select('type').where('id', '=', row.runner_id).executeTakeFirst();
  return {
    jobId: row.job_id,
    runnerId: row.runner_id,
    managerId: row.manager_id,
    confirmBy: row.confirm_by,
    instanceRunner: runner?.type === 'instance_type',
  };
}

/** Lets a job wait until `confirmBy` (ms); false when it does not wait. */
export async function setConfirmBy(tx: Tx, jobId: number, confirmBy: number): Promise<boolean> {
  const rows = await tx
    .updateTable('unconfirmed_jobs')
    .set({ confirm_by: confirmBy })
    .where('job_id', '=', jobId)
    .returning('job_id')
    .execute();
  return rows.length > 0;
}

/** Ids of up to `limit` jobs whose runners were to say something until `now` (ms) and did not, longest silence first. */
export async function overdueUnconfirmed(db: Db, now: number, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom('unconfirmed_jobs')
    .select('job_id')
    .where('confirm_by', '<=', now)
    .orderBy('confirm_by')
    .orderBy('job_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.job_id);
}
