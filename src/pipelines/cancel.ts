import type { Tx } from '../db/tx.ts';
import { applyEvent, type StatusApp } from './events.ts';
import { findJob } from './job-store.ts';
import type { Job } from './job.ts';
import type { Pipeline } from './pipeline.ts';
import { processLocked } from './process.ts';
import { cancelableJobs, lockPipeline } from './status-store.ts';
import { transition } from './transition.ts';

/**
 * Cancels a job: at once, or by way of `canceling` when it runs on a manager that can stop it gracefully (runner protocol
 * 11). `force` ends it in any case. Gives the job as it is then; one that is over already stays as it is. Null when there
 * is no such job.
 */
export async function cancelJob(app: StatusApp, tx: Tx, jobId: number, force = false): Promise<Job | null> {
  const cancelled = await transition(app, tx, jobId, 'cancel');
  const forced = force ? await transition(app, tx, jobId, 'forceCancel') : null;
  return forced ?? cancelled ?? findJob(tx, jobId);
}

/** Cancels every job of a pipeline that can be cancelled (CI configuration 14). Null when there is no such pipeline. */
export async function cancelPipeline(app: StatusApp, tx: Tx, pipelineId: number): Promise<Pipeline | null> {
  const pipeline = await lockPipeline(tx, pipelineId);
  if (pipeline === null) return null;
  await applyEvent(app, tx, await cancelableJobs(tx, pipelineId), 'cancel');
  return processLocked(app, tx, pipeline);
}
