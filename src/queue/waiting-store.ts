import type { Db } from '../db/tx.ts';
import { isCompleted, jobStatuses, type JobStatus } from '../pipelines/job-state.ts';
import type { Job } from '../pipelines/job.ts';

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

/** The resource that a job needs: its name, who holds it, and how many older jobs wait for it; null when it needs none. */
export async function resourceOf(db: Db, jobId: number): Promise<{ key: string; holder: NamedJob | null; ahead: number } | null> {
  const group = await db
    .selectFrom('resource_groups')
    .innerJoin('jobs', 'jobs.resource_group_id', 'resource_groups.id')
    .select(['resource_groups.id', 'resource_groups.key', 'resource_groups.job_id'])
    .where('jobs.id', '=', jobId)
    .executeTakeFirst();
  if (group === undefined) return null;
  const holder =
    group.job_id === null
      ? undefined
      : await db.selectFrom('jobs').select(['id', 'name', 'stage', 'status']).where('id', '=', group.job_id).executeTakeFirst();
  const { ahead } = await db
    .selectFrom('jobs')
    .select((select) => select.fn.countAll().as('ahead'))
    .where('resource_group_id', '=', group.id)
    .where('status', '=', 'waiting_for_resource')
    .where('id', '<', jobId)
    .executeTakeFirstOrThrow();
  return { key: group.key, holder: holder === undefined ? null : toNamed(holder), ahead: Number(ahead) };
}

function toNamed(row: { id: number; name: string; stage: string; status: string }): NamedJob {
  return { id: row.id, name: row.name, stage: row.stage, status: row.status as JobStatus };
}

/** When a delayed job is due (ms), and what was known when the server ended a job by itself (JSON). */
export async function leftBehind(db: Db, jobId: number): Promise<{ scheduledAt: number | null; evidence: string | null }> {
  const row = await db
    .selectFrom('jobs')
    .leftJoin('scheduled_jobs', 'scheduled_jobs.job_id', 'jobs.id')
    .select(['jobs.scheduled_at', 'jobs.failure_evidence', 'scheduled_jobs.due_at'])
    .where('jobs.id', '=', jobId)
    .executeTakeFirst();
  return { scheduledAt: row?.due_at ?? row?.scheduled_at ?? null, evidence: row?.failure_evidence ?? null };
}

/** The machine to which a pending job is given, until it confirms; null for none. `confirmBy` in ms. */
export async function unconfirmedOf(db: Db, jobId: number): Promise<{ runnerId: number; confirmBy: number } | null> {
  const row = await db.selectFrom('unconfirmed_jobs').select(['runner_id', 'confirm_by']).where('job_id', '=', jobId).executeTakeFirst();
  return row === undefined ? null : { runnerId: row.runner_id, confirmBy: row.confirm_by };
}
