import type { Tx } from '../db/tx.ts';
import { findCompiled } from './definition-store.ts';
import type { Job } from './job.ts';
import { toJob } from './job-store.ts';
import { batches } from './status-store.ts';

/**
 * Makes new tries of jobs, in status `created`, with the same definition and needs, for another user, and marks the old
 * ones as retried. Gives the new jobs in the order of the old.
 */
export async function copyJobs(tx: Tx, jobs: readonly Job[], userId: number | null, now: number): Promise<Job[]> {
  const made: Job[] = [];
  for (const job of jobs) {
    const row = await tx
      .insertInto('jobs')
      .values({
        pipeline_id: job.pipelineId,
        project_id: job.projectId,
        name: job.name,
        stage: job.stage,
        stage_index: job.stageIndex,
        status: 'created',
        when: job.when,
        allow_failure: (await isAllowedToFail(tx, job)) ? 1 : 0,
        scheduling: job.scheduling,
        ref: job.ref,
        tag: job.tag ? 1 : 0,
        protected: job.protected ? 1 : 0,
        user_id: userId,
        tag_set_id: job.tagSetId,
        cancel_gracefully: 0,
        interruptible: job.interruptible ? 1 : 0,
        resource_group_id: job.resourceGroupId,
        retried: 0,
        attempt: job.attempt + 1,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await tx
      .insertInto('job_definitions')
      .columns(['job_id', 'definition', 'sealed_variables'])
      .expression((from) =>
        from
          .selectFrom('job_definitions')
          .select((select) => [select.val(row.id).as('job_id'), 'definition', 'sealed_variables'])
          .where('job_id', '=', job.id),
      )
      .execute();
    await tx
      .insertInto('job_needs')
      .columns(['job_id', 'name', 'artifacts', 'optional'])
      .expression((from) =>
        from
          .selectFrom('job_needs')
          .select((select) => [select.val(row.id).as('job_id'), 'name', 'artifacts', 'optional'])
          .where('job_id', '=', job.id),
      )
      .execute();
    made.push(toJob(row));
  }
  const old = jobs.map((job) => job.id);
  for (const some of batches(old)) await tx.updateTable('jobs').set({ retried: 1, updated_at: now }).where('id', 'in', some).execute();
  return made;
}

/** Whether a new try may fail: an exit code that allowed the failure of the last one says nothing of the next. */
async function isAllowedToFail(tx: Tx, job: Job): Promise<boolean> {
  if (!job.allowFailure || job.status !== 'failed' || job.exitCode === null) return job.allowFailure;
  return (await findCompiled(tx, job.id)).allowFailure;
}

/** The latest tries of a pipeline's jobs that failed or were canceled, in the order of their ids. */
export async function retryableJobs(tx: Tx, pipelineId: number): Promise<Job[]> {
  const rows = await tx
    .selectFrom('jobs')
    .selectAll()
    .where('pipeline_id', '=', pipelineId)
    .where('retried', '=', 0)
    .where('status', 'in', ['failed', 'canceled'])
    .orderBy('id')
    .execute();
  return rows.map(toJob);
}
