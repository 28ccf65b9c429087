import type { Insertable, Updateable } from 'kysely';
import type { JobRow, PipelineRow, RunningJobRow } from '../db/tables.ts';
import type { Tx } from '../db/tx.ts';
import { toJob } from './job-store.ts';
import { isCancelable, isFinished, isOnRunner, jobStatuses, type JobStatus } from './job-state.ts';
import type { Job } from './job.ts';
import type { JobWhen } from '../ci-config/plan.ts';
import type { MovableJob } from './moves.ts';
import { toPipeline } from './pipeline-store.ts';
import type { Pipeline } from './pipeline.ts';

/*
 * The SQL behind changes of status. Nothing outside this file writes `jobs.status`, `pipelines.status`, `pending_jobs`,
 * `running_jobs` or `scheduled_jobs` of a job that is there; a job that waits for its runner's word is `confirmation-store`'s.
 */

/** Ids of one statement: large enough to cost little, small enough for every engine's number of parameters. */
const batch = 500;

/** Cuts a list for statements that take many ids or rows. */
export function batches<T>(list: readonly T[], size = batch): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));
}

/**
 * Reads a pipeline and holds it until the transaction ends, so that one pass at a time goes over its jobs. Whoever changes
 * a job locks its pipeline first, always: nobody then waits for somebody who waits for him.
 */
export async function lockPipeline(tx: Tx, id: number): Promise<Pipeline | null> {
  const row = await tx.dialect.lockRows(tx.selectFrom('pipelines').selectAll().where('id', '=', id)).executeTakeFirst();
  return row === undefined ? null : toPipeline(row);
}

/** What `running_jobs` holds of a job besides the job itself. */
export type RunningRow = Omit<Insertable<RunningJobRow>, 'job_id' | 'project_id'>;

/** What else changes in the row when a status changes. */
export type StatusValues = Omit<Updateable<JobRow>, 'id' | 'status'>;

/** Times, and what ends with the job (CI configuration 13.1). */
export function stamps(to: JobStatus, now: number): StatusValues {
  if (to === 'pending') return { updated_at: now, queued_at: now };
  if (to === 'running') return { updated_at: now, started_at: now };
  if (isFinished(to)) {
    // Only failed jobs have a reason: a job that is dropped while it is being canceled is canceled.
    return { updated_at: now, finished_at: now, token_digest: null, ...(to === 'failed' ? {} : { failure_reason: null }) };
  }
  return { updated_at: now };
}

/**
 * Moves those of the jobs that are in `from` to `to`, keeps the tables of pending, running and delayed jobs in step, and gives the
 * moved jobs back as they are now. `running` is the row of a job that starts to run.
 */
export async function changeStatus(
  tx: Tx,
  ids: readonly number[],
  from: JobStatus,
  to: JobStatus,
  values: StatusValues,
  running: RunningRow | null = null,
): Promise<Job[]> {
  const moved: Job[] = [];
  const claimed = to === 'running' && typeof values.token_digest === 'string';
  for (const some of batches(ids)) {
    let query = tx
      .updateTable('jobs')
      // A time that is over, or that nobody waits for any more, says nothing.
      .set({ ...values, status: to, ...(from === 'scheduled' ? { scheduled_at: null } : {}) })
      .where('id', 'in', some)
      .where('status', '=', from);
    // A claim brings a token: the job must not be with another runner that has not confirmed it yet.
    if (claimed) query = query.where('token_digest', 'is', null);
    const rows = await query.returningAll().execute();
    if (rows.length === 0) continue;
    const changed = rows.map((row) => row.id);
    if (from === 'pending') await tx.deleteFrom('pending_jobs').where('job_id', 'in', changed).execute();
    if (from === 'pending' && !claimed && rows.some((row) => row.runner_id !== null))
      await tx.deleteFrom('unconfirmed_jobs').where('job_id', 'in', changed).execute();
    if (from === 'scheduled') await tx.deleteFrom('scheduled_jobs').where('job_id', 'in', changed).execute();
    if (isOnRunner(from) && !isOnRunner(to)) await tx.deleteFrom('running_jobs').where('job_id', 'in', changed).execute();
    if (to === 'pending') {
      const pending = rows.map((row) => ({
        job_id: row.id,
        project_id: row.project_id,
        tag_set_id: row.tag_set_id,
        protected: row.protected,
        queued_at: row.queued_at ?? row.updated_at,
      }));
      await tx.insertInto('pending_jobs').values(pending).execute();
    }
    if (to === 'scheduled') {
      const scheduled = rows.map((row) => ({ job_id: row.id, due_at: row.scheduled_at ?? row.updated_at }));
      await tx.insertInto('scheduled_jobs').values(scheduled).execute();
    }
    if (to === 'running' && running !== null) {
      await tx
        .insertInto('running_jobs')
        .values(rows.map((row) => ({ job_id: row.id, project_id: row.project_id, ...running })))
        .execute();
    }
    moved.push(...rows.map(toJob));
  }
  return moved;
}

/** How many jobs of a pipeline, but retried ones, are in each state; from an index alone. */
export interface StatusCount {
  stageIndex: number;
  scheduling: 'stage' | 'dag';
  status: JobStatus;
  allowFailure: boolean;
  count: number;
}

export async function countStatuses(tx: Tx, pipelineId: number): Promise<StatusCount[]> {
  const rows = await tx
    .selectFrom('jobs')
    .select(['stage_index', 'scheduling', 'status', 'allow_failure'])
    .select((select) => select.fn.countAll().as('count'))
    .where('pipeline_id', '=', pipelineId)
    .where('retried', '=', 0)
    .groupBy(['stage_index', 'scheduling', 'status', 'allow_failure'])
    .execute();
  return rows.map((row) => ({
    stageIndex: row.stage_index,
    scheduling: row.scheduling === 'dag' ? 'dag' : 'stage',
    status: row.status as JobStatus,
    allowFailure: row.allow_failure === 1,
    count: Number(row.count),
  }));
}

/** A job as the processing of its pipeline sees it, and the resource that it needs. */
export type LiveJob = MovableJob & Pick<Job, 'resourceGroupId'>;

/** All jobs of a pipeline but retried ones, in the order of their ids, as its processing sees them. */
export async function liveJobs(tx: Tx, pipelineId: number): Promise<LiveJob[]> {
  const rows = await tx
    .selectFrom('jobs')
    .select(['id', 'name', 'stage_index', 'status', 'when', 'allow_failure', 'scheduling', 'resource_group_id'])
    .where('pipeline_id', '=', pipelineId)
    .where('retried', '=', 0)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    stageIndex: row.stage_index,
    status: row.status as JobStatus,
    when: row.when as JobWhen,
    allowFailure: row.allow_failure === 1,
    scheduling: row.scheduling === 'dag' ? 'dag' : 'stage',
    resourceGroupId: row.resource_group_id,
  }));
}

/** The jobs of a pipeline that are not over, but manual ones: retried ones too, whose old try may still be ending. */
export async function cancelableJobs(
  tx: Tx,
  pipelineId: number,
): Promise<Pick<Job, 'id' | 'status' | 'cancelGracefully' | 'resourceGroupId'>[]> {
  const rows = await tx
    .selectFrom('jobs')
    .select(['id', 'status', 'cancel_gracefully', 'resource_group_id'])
    .where('pipeline_id', '=', pipelineId)
    .where('status', 'in', jobStatuses.filter(isCancelable))
    .execute();
  return rows.map((row) => ({
    id: row.id,
    status: row.status as JobStatus,
    cancelGracefully: row.cancel_gracefully === 1,
    resourceGroupId: row.resource_group_id,
  }));
}

/** Names that jobs need, by the id of the job. */
export async function neededNames(tx: Tx, jobIds: readonly number[]): Promise<Map<number, string[]>> {
  const needs = new Map<number, string[]>();
  for (const some of batches(jobIds)) {
    const rows = await tx.selectFrom('job_needs').select(['job_id', 'name']).where('job_id', 'in', some).execute();
    for (const row of rows) {
      const names = needs.get(row.job_id);
      if (names === undefined) needs.set(row.job_id, [row.name]);
      else names.push(row.name);
    }
  }
  return needs;
}

/** When the jobs of a pipeline ran, retried ones left out. */
export async function spansOf(tx: Tx, pipelineId: number): Promise<{ start: number; end: number }[]> {
  const rows = await tx
    .selectFrom('jobs')
    .select(['started_at', 'finished_at'])
    .where('pipeline_id', '=', pipelineId)
    .where('retried', '=', 0)
    .where('started_at', 'is not', null)
    .execute();
  return rows.map((row) => ({ start: row.started_at ?? 0, end: row.finished_at ?? row.started_at ?? 0 }));
}

/** Writes what the processing of a pipeline has found. */
export async function updatePipeline(tx: Tx, id: number, values: Updateable<PipelineRow>): Promise<void> {
  await tx.updateTable('pipelines').set(values).where('id', '=', id).execute();
}
