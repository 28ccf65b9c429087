import type { Tx } from '../db/tx.ts';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import { bindJob, insertUnconfirmed, lockUnconfirmed, overdueUnconfirmed, setConfirmBy } from './confirmation-store.ts';
import { applyEvent, type StatusApp } from './events.ts';
import { findJob } from './job-store.ts';
import type { Job } from './job.ts';
import { settlePipeline } from './process.ts';
import { lockPipeline } from './status-store.ts';
import { runValues, transition, type RunChanges } from './transition.ts';

/*
 * Agents since 18.5 get a job in two steps (runner protocol 12): it is bound to their runner and leaves the queue but stays
 * `pending`, and runs from the moment in which the agent says so. Its token is good from the first step on.
 */

/**
 * The first step, in the place of the event `run`: nobody else gets the job any more. `confirmBy` (ms since the epoch) is how
 * long the agent may say nothing. Gives the job as it is then; null when somebody was faster.
 */
export async function reserve(
  app: Pick<App, 'clock'>,
  tx: Tx,
  job: Job,
  changes: RunChanges & { managerId: number },
  confirmBy: number,
): Promise<Job | null> {
  if (job.status !== 'pending' || (await lockPipeline(tx, job.pipelineId)) === null) return null;
  const bound = await bindJob(tx, job.id, { ...runValues(changes), updated_at: app.clock.now() });
  if (bound !== null) await insertUnconfirmed(tx, bound, changes.managerId, confirmBy);
  return bound;
}

/** The second step: the agent says that the job runs, which it does from now on. Null when it does not wait for that. */
export async function confirm(app: StatusApp, tx: Tx, jobId: number): Promise<Job | null> {
  const given = await findJob(tx, jobId);
  const pipeline = given === null ? null : await lockPipeline(tx, given.pipelineId);
  const waiting = pipeline === null ? null : await lockUnconfirmed(tx, jobId);
  const job = waiting === null ? null : await findJob(tx, jobId);
  if (pipeline === null || waiting === null || job === null) return null;
  const running = { runner_id: waiting.runnerId, manager_id: waiting.managerId, instance_runner: waiting.instanceRunner ? 1 : 0 };
  const [confirmed] = await applyEvent(app, tx, [job], 'run', {}, running);
  if (confirmed === undefined) return null;
  await settlePipeline(app, tx, pipeline, 'running');
  return confirmed;
}

/** The agent still prepares the job: it may say nothing until `until` (ms since the epoch). False when the job does not wait. */
export function keepWaiting(tx: Tx, jobId: number, until: number): Promise<boolean> {
  return setConfirmBy(tx, jobId, until);
}

/**
 * Fails up to `limit` jobs whose agents have said nothing until `now` (ms), each in a transaction of its own; they are tried anew
 * by themselves. Gives how many.
 */
export async function dropUnconfirmed(app: StatusApp & Pick<App, 'db' | 'write'>, now: number, limit: number): Promise<number> {
  let dropped = 0;
  for (const jobId of await overdueUnconfirmed(app.db, now, limit)) {
    const job = await app.write(async (tx) => {
      const given = await findJob(tx, jobId);
      if (given === null || (await lockPipeline(tx, given.pipelineId)) === null) return null;
      // The agent may have said something since.
      const waiting = await lockUnconfirmed(tx, jobId);
      if (waiting === null || waiting.confirmBy > now) return null;
      return transition(app, tx, jobId, 'drop', { failureReason: 'runner_provisioning_timeout' });
    });
    if (job !== null) dropped++;
  }
  return dropped;
}
