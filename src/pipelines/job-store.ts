import type { Selectable } from 'kysely';
import type { JobWhen } from '../ci-config/plan.ts';
import type { JobRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import { tokenDigest } from '../lib/ids.ts';
import type { JobStatus } from './job-state.ts';
import type { FailureEvidence, Job } from './job.ts';

/** Row → job. */
export function toJob(row: Selectable<JobRow>): Job {
  return {
    id: row.id,
    pipelineId: row.pipeline_id,
    projectId: row.project_id,
    name: row.name,
    stage: row.stage,
    stageIndex: row.stage_index,
    status: row.status as JobStatus,
    when: row.when as JobWhen,
    allowFailure: row.allow_failure === 1,
    scheduling: row.scheduling === 'dag' ? 'dag' : 'stage',
    ref: row.ref,
    tag: row.tag === 1,
    protected: row.protected === 1,
    userId: row.user_id,
    tagSetId: row.tag_set_id,
    runnerId: row.runner_id,
    managerId: row.manager_id,
    tokenDigest: row.token_digest,
    cancelGracefully: row.cancel_gracefully === 1,
    timeout: row.timeout,
    timeoutSource: row.timeout_source,
    failureReason: row.failure_reason,
    exitCode: row.exit_code,
    failureEvidence: row.failure_evidence === null ? null : (JSON.parse(row.failure_evidence) as FailureEvidence),
    coverage: row.coverage,
    retried: row.retried === 1,
    attempt: row.attempt,
    traceSize: row.trace_size,
    traceCrc32: row.trace_crc32,
    scheduledAt: row.scheduled_at,
    interruptible: row.interruptible === 1,
    resourceGroupId: row.resource_group_id,
    artifactsExpireAt: row.artifacts_expire_at,
    erasedAt: row.erased_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

/** The job with this id, or null. */
export async function findJob(db: Db, id: number): Promise<Job | null> {
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toJob(row);
}

/** The job with this id if it belongs to the project, or null. Takes any number, as paths have them. */
export async function findProjectJob(db: Db, projectId: number, id: number): Promise<Job | null> {
  if (!Number.isSafeInteger(id)) return null;
  const job = await findJob(db, id);
  return job?.projectId === projectId ? job : null;
}

/** The job with this token, whatever its status; the digest goes when the job ends, so a dead token finds nothing. */
export async function findJobByToken(db: Db, token: string): Promise<Job | null> {
  const row = await db.selectFrom('jobs').selectAll().where('token_digest', '=', tokenDigest(token)).executeTakeFirst();
  return row === undefined ? null : toJob(row);
}

/** Notes that a job was erased, unless it was before; null then. What is left of its log goes with it. */
export async function markErased(tx: Tx, id: number, now: number): Promise<Job | null> {
  const row = await tx
    .updateTable('jobs')
    .set({ erased_at: now, updated_at: now, trace_size: null, trace_crc32: null, artifacts_expire_at: null })
    .where('id', '=', id)
    .where('erased_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : toJob(row);
}
