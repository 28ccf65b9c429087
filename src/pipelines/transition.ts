import type { Tx } from '../db/tx.ts';
import { applyEvent, type StatusApp } from './events.ts';
import type { CompiledJob } from '../ci-config/plan.ts';
import { retryLimit } from './automatic-retry.ts';
import { findCompiled } from './definition-store.ts';
import { nextStatus, type FailureReason, type JobEvent } from './job-state.ts';
import { findJob } from './job-store.ts';
import type { FailureEvidence, Job } from './job.ts';
import { processLocked, settlePipeline } from './process.ts';
import { copyJobs } from './retry-store.ts';
import { lockPipeline, type RunningRow, type StatusValues } from './status-store.ts';

/** What the claim decides about a job that starts to run. */
export interface RunChanges {
  runnerId: number;
  managerId: number | null;
  tokenDigest: string;
  /** Seconds. */
  timeout: number;
  timeoutSource: string;
  /** Whether the manager declared the feature (runner protocol 11). */
  cancelGracefully: boolean;
  /** Whether it is an instance runner, which counts for their fair order. */
  instanceRunner: boolean;
}

export interface DropChanges {
  failureReason: FailureReason;
  exitCode?: number | null;
  /** What was known when the server ended the job because of silence. */
  evidence?: FailureEvidence;
}

export interface EnqueueChanges {
  /** Who played or retried the job: it acts for that user from now on. */
  userId?: number;
}

type ChangesOf<E extends JobEvent> = E extends 'run'
  ? [changes: RunChanges]
  : E extends 'drop'
    ? [changes: DropChanges]
    : E extends 'enqueue'
      ? [changes?: EnqueueChanges]
      : [];

/**
 * Lets `event` happen to a job, together with all that follows from it in the same transaction: the tables of pending and
 * running jobs, the times, the death of the job's token at its end, the jobs that wait for it and the status of its
 * pipeline. Gives the job as it is then; null when the event cannot happen to it, because of its status or because somebody
 * was faster (a given `Job` is taken by its word: it must still be in the status that it says; by id the newest status
 * counts). After the commit `jobsPending` and `jobFinished` are told.
 *
 * The pipeline is locked before the job. A transaction that changes jobs of several pipelines takes them in the order of
 * the pipelines' ids, and locks no row of these tables itself.
 */
export async function transition<E extends JobEvent>(
  app: StatusApp,
  tx: Tx,
  job: Job | number,
  event: E,
  ...[changes]: ChangesOf<E>
): Promise<Job | null> {
  const given = typeof job === 'number' ? await findJob(tx, job) : job;
  if (given === null || nextStatus(event, given.status, given.cancelGracefully) === null) return null;
  const pipeline = await lockPipeline(tx, given.pipelineId);
  if (pipeline === null) return null;
  // While the pipeline is locked nobody else changes the status of its jobs, so what is read now stays.
  const current = typeof job === 'number' ? await findJob(tx, job) : job;
  if (current === null) return null;
  const running = event === 'run' ? runningRow(changes as RunChanges) : null;
  // Read here and now: what the job says of its failures decides about them in the same transaction.
  const fails = nextStatus(event, current.status, current.cancelGracefully) === 'failed';
  const compiled = fails ? await findCompiled(tx, current.id) : null;
  const [changed] = await applyEvent(app, tx, [current], event, valuesOf(event, changes, compiled), running);
  if (changed === undefined) return null;
  if (compiled !== null) await retryByItself(app, tx, changed, compiled);
  // A running job makes its pipeline run, whatever the others do: no need to look at them.
  if (changed.status === 'running') await settlePipeline(app, tx, pipeline, 'running');
  else await processLocked(app, tx, pipeline);
  return changed;
}

/** Tries a failed job anew, as often as it asks for that or the server does by itself. */
async function retryByItself(app: StatusApp, tx: Tx, job: Job, compiled: CompiledJob): Promise<void> {
  if (job.retried || job.attempt >= retryLimit(job.failureReason ?? '', job.exitCode, compiled.retry)) return;
  await applyEvent(app, tx, await copyJobs(tx, [job], job.userId, app.clock.now()), 'enqueue');
}

function runningRow({ runnerId, managerId, instanceRunner }: RunChanges): RunningRow {
  return { runner_id: runnerId, manager_id: managerId, instance_runner: instanceRunner ? 1 : 0 };
}

/** What the row of a job says of the runner that got it. */
export function runValues(run: RunChanges): StatusValues {
  return {
    runner_id: run.runnerId,
    manager_id: run.managerId,
    token_digest: run.tokenDigest,
    timeout: run.timeout,
    timeout_source: run.timeoutSource,
    cancel_gracefully: run.cancelGracefully ? 1 : 0,
  };
}

/** `compiled`: what the job was compiled to when it fails; null when it does not. */
function valuesOf(
  event: JobEvent,
  changes: RunChanges | DropChanges | EnqueueChanges | undefined,
  compiled: CompiledJob | null,
): StatusValues {
  if (event === 'run') return runValues(changes as RunChanges);
  if (event === 'drop') {
    const { failureReason, exitCode = null, evidence } = changes as DropChanges;
    const allowed = exitCode !== null && compiled?.allowFailureExitCodes?.includes(exitCode) === true;
    return {
      failure_reason: failureReason,
      exit_code: exitCode,
      ...(evidence === undefined || compiled === null ? {} : { failure_evidence: JSON.stringify(evidence) }),
      ...(allowed ? { allow_failure: 1 } : {}),
    };
  }
  const userId = (changes as EnqueueChanges | undefined)?.userId;
  return event === 'enqueue' && userId !== undefined ? { user_id: userId } : {};
}
