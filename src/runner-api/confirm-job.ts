import '../access/app.ts';
import { badRequest, conflict } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { confirm, keepWaiting } from '../pipelines/confirmation.ts';
import { isOnRunner } from '../pipelines/job-state.ts';
import { findJob } from '../pipelines/job-store.ts';
import type { Job } from '../pipelines/job.ts';
import { jobForbidden } from './admit-job.ts';

/** How long an agent that has got a job may say nothing before it confirms it (runner protocol 12). */
export const confirmWithinMs = 2 * 60_000;

/**
 * A job that runs: the given one, or one that waited for its agent's word, which whatever else the agent sends is too. So a first
 * call that was lost on its way does not cost the job. Throws 400 when nobody waits for it any more, 403 when it has ended.
 */
export async function confirmedJob(app: App, job: Job): Promise<Job> {
  if (job.status !== 'pending') return job;
  const confirmed = await app.write((tx) => confirm(app, tx, job.id));
  if (confirmed !== null) return confirmed;
  const current = await findJob(app.db, job.id);
  if (current === null || current.status !== 'pending') return mustBeOnRunner(current);
  throw badRequest('the job waits for no confirmation any more');
}

/** Another call of the same agent may have confirmed it a moment ago. */
function mustBeOnRunner(job: Job | null): Job {
  if (job === null || !isOnRunner(job.status)) throw jobForbidden(job);
  return job;
}

/**
 * The agent still prepares its job (`state: pending`): it has another two minutes. Throws 400 for a job that runs already, 409 when it
 * was confirmed meanwhile.
 */
export async function keepJobWaiting(app: App, job: Job): Promise<void> {
  if (job.status !== 'pending') throw badRequest('the job is running already');
  const until = app.clock.now() + confirmWithinMs;
  if (await app.write((tx) => keepWaiting(tx, job.id, until))) return;
  mustBeOnRunner(await findJob(app.db, job.id));
  throw conflict('409 Conflict - the job has been confirmed already');
}
