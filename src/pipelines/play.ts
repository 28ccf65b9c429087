import type { Tx } from '../db/tx.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import { setPlayVariables } from './definition-store.ts';
import type { StatusApp } from './events.ts';
import { jobCan } from './job-state.ts';
import { findJob } from './job-store.ts';
import type { Job } from './job.ts';
import { processPipeline } from './process.ts';
import { resetFollowers, retryJob } from './retry.ts';
import { lockPipeline } from './status-store.ts';
import { transition } from './transition.ts';
import type { PipelineVariable } from './variable-store.ts';

type PlayApp = StatusApp & { secrets: SecretBox };

/**
 * Starts a manual job for `userId`, with variables that are its own; one that ran already gets a new try. Skipped jobs
 * behind it are decided anew. Gives the job that waits for a runner now; null when it cannot be played.
 */
export async function playJob(
  app: PlayApp,
  tx: Tx,
  jobId: number,
  userId: number,
  variables: readonly PipelineVariable[],
): Promise<Job | null> {
  const given = await findJob(tx, jobId);
  if (given === null || (await lockPipeline(tx, given.pipelineId)) === null) return null;
  const job = await findJob(tx, jobId);
  if (job === null || !jobCan.play(job)) return null;
  const waits = job.status === 'manual' || job.status === 'scheduled';
  const played = waits ? await transition(app, tx, job, 'enqueue', { userId }) : await retryJob(app, tx, jobId, userId);
  if (played === null) return null;
  if (variables.length > 0) await setPlayVariables(tx, app.secrets, played.id, variables);
  if (waits) {
    await resetFollowers(app, tx, played, userId);
    await processPipeline(app, tx, played.pipelineId);
  }
  return played;
}
