import type { Db } from '../db/tx.ts';
import { isCompleted, jobStatuses, type JobStatus } from '../pipelines/job-state.ts';
import type { Job } from '../pipelines/job.ts';
import { waitersOf, type ProcessMode } from '../pipelines/resource-store.ts';

/** A job as explanations name it. */
export interface NamedJob {
  id: number;
  name: string;
  stage: string;
  status: JobStatus;
}

const open = jobStatuses.filter((status) => !isCompleted(status));
const mostNamed = 20;

/** The jobs that have to end before a created job has its turn: those that it needs, or those of earlier stages. */
export async function jobsBefore(db: Db, job: Job): Promise<NamedJob[]> {
  let query = db
    .selectFrom('jobs')
    .select(['id', 'name', 'stage', 'status'])
    .where('pipeline_id', '=', job.pipelineId)
    .where('retried', '=', 0)
    .where('status', 'in', open)
    .where('id', '!=', job.id)
    .orderBy('stage_index')
    .orderBy('id')
    .limit(mostNamed);
  query =
    job.scheduling === 'stage'
      ? query.where('stage_index', '<', job.stageIndex)
      : query.where('name', 'in', (from) => from.selectFrom('job_needs').select('name').where('job_id', '=', job.id));
  return (await query.execute()).map(toNamed);
}

/** The resource that a job waits for. */
export interface NeededResource {
  key: string;
  mode: ProcessMode;
  holder: NamedJob | null;
  /** Jobs that get it before this one, in their order, at most 500; in the modes that go by the pipeline also some that are not ready. */
  ahead: NamedJob[];
}

const mostAhead = 500;

/** The resource that a job needs; null when it needs none. The order is that in which resources are given out. */
export async function resourceOf(db: Db, job: Pick<Job, 'id' | 'resourceGroupId'>): Promise<NeededResource | null> {
  if (job.resourceGroupId === null) return null;
  const group = await db.selectFrom('resource_groups').selectAll().where('id', '=', job.resourceGroupId).executeTakeFirst();
  if (group === undefined) return null;
  const named = db.selectFrom('jobs').select(['id', 'name', 'stage', 'status']);
  const holder = group.job_id === null ? undefined : await named.where('id', '=', group.job_id).executeTakeFirst();
  const mode = group.process_mode as ProcessMode;
  const rows = await waitersOf(db, group.id, mode, mostAhead);
  const place = rows.findIndex((row) => row.id === job.id);
  return {
    key: group.key,
    mode,
    holder: holder === undefined ? null : toNamed(holder),
    ahead: rows.slice(0, place === -1 ? mostAhead : place).map(toNamed),
  };
}

function toNamed(row: { id: number; name: string; stage: string; status: string }): NamedJob {
  return { id: row.id, name: row.name, stage: row.stage, status: row.status as JobStatus };
}

/** The machine to which a pending job is given, until it confirms; null for none. `confirmBy` in ms. */
export async function unconfirmedOf(db: Db, jobId: number): Promise<{ runnerId: number; confirmBy: number } | null> {
  const row = await db.selectFrom('unconfirmed_jobs').select(['runner_id', 'confirm_by']).where('job_id', '=', jobId).executeTakeFirst();
  return row === undefined ? null : { runnerId: row.runner_id, confirmBy: row.confirm_by };
}
