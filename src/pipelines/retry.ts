import type { Tx } from '../db/tx.ts';
import { applyEvent, type StatusApp } from './events.ts';
import { jobCan } from './job-state.ts';
import { findJob } from './job-store.ts';
import type { Job } from './job.ts';
import { followersOf } from './moves.ts';
import type { Pipeline } from './pipeline.ts';
import { processLocked } from './process.ts';
import { copyJobs, retryableJobs } from './retry-store.ts';
import { liveJobs, lockPipeline, neededNames } from './status-store.ts';

/**
 * Makes a new try of a job, which waits for a runner at once whatever lies before it, since its user wants it now; skipped
 * jobs behind it are decided anew (CI configuration 14). Gives the new job; null when the job cannot be retried.
 */
export async function retryJob(app: StatusApp, tx: Tx, jobId: number, userId: number): Promise<Job | null> {
  const given = await findJob(tx, jobId);
  const pipeline = given === null ? null : await lockPipeline(tx, given.pipelineId);
  // Read again under the lock: two callers must not make two new tries.
  const job = pipeline === null ? null : await findJob(tx, jobId);
  if (pipeline === null || job === null || !jobCan.retry(job)) return null;
  const made = await copyJobs(tx, [job], userId, app.clock.now());
  const [enqueued] = await applyEvent(app, tx, made, 'enqueue');
  if (enqueued === undefined) return null;
  await resetFollowers(app, tx, enqueued, userId);
  await processLocked(app, tx, pipeline);
  return enqueued;
}

/** Makes new tries of all failed and canceled jobs of a pipeline and starts it again. Null when there is no such pipeline. */
export async function retryPipeline(app: StatusApp, tx: Tx, pipelineId: number, userId: number): Promise<Pipeline | null> {
  const pipeline = await lockPipeline(tx, pipelineId);
  if (pipeline === null) return null;
  const jobs = await retryableJobs(tx, pipelineId);
  if (jobs.length > 0) {
    await copyJobs(tx, jobs, userId, app.clock.now());
    const skipped = (await liveJobs(tx, pipelineId)).filter((job) => job.status === 'skipped');
    await reset(app, tx, skipped, userId);
  }
  return processLocked(app, tx, pipeline);
}

/** Lets the pipeline decide anew about the skipped jobs behind a job that has come alive again. The caller processes it. */
export async function resetFollowers(app: StatusApp, tx: Tx, job: Job, userId: number): Promise<void> {
  const jobs = await liveJobs(tx, job.pipelineId);
  const skipped = jobs.filter((other) => other.status === 'skipped');
  if (skipped.length === 0) return;
  const withNeeds = jobs.filter((other) => other.scheduling === 'dag').map((other) => other.id);
  const followers = followersOf(job, jobs, await neededNames(tx, withNeeds));
  await reset(
    app,
    tx,
    followers.filter((other) => other.status === 'skipped'),
    userId,
  );
}

async function reset(
  app: StatusApp,
  tx: Tx,
  jobs: readonly { id: number; status: 'skipped' | Job['status'] }[],
  userId: number,
): Promise<void> {
  const plain = jobs.map(({ id, status }) => ({ id, status, cancelGracefully: false, resourceGroupId: null }));
  await applyEvent(app, tx, plain, 'process', { user_id: userId });
}
