import type { Tx } from '../db/tx.ts';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import './app.ts';
import { isCompleted, isFinished, nextStatus, type JobEvent } from './job-state.ts';
import type { Job } from './job.ts';
import { admitToResources, releaseResources } from './resource-admission.ts';
import { holdResource } from './resource-store.ts';
import { changeStatus, stamps, type RunningRow, type StatusValues } from './status-store.ts';

/** What changes of status need from the server: the time, and who hears of them after the commit. */
export type StatusApp = Pick<App, 'clock' | 'jobsPending' | 'jobFinished' | 'resourcesFreed'>;

/** What an event looks at in a job. */
export type EventJob = Pick<Job, 'id' | 'status' | 'cancelGracefully' | 'resourceGroupId'>;

/**
 * Lets `event` happen to those of the jobs to which it can, and that are still in the status given, and gives them back as
 * they are then. It looks at nothing behind them: the caller holds the lock on their pipeline and processes it afterwards.
 * `running` is the row of a job that starts to run. A job that is to enter the queue and needs a resource takes it, or waits for it.
 */
export async function applyEvent(
  app: StatusApp,
  tx: Tx,
  jobs: readonly EventJob[],
  event: JobEvent,
  values: StatusValues = {},
  running: RunningRow | null = null,
): Promise<Job[]> {
  if (event !== 'enqueue' || jobs.every((job) => job.resourceGroupId === null)) return applyToAll(app, tx, jobs, event, values, running);
  const { granted, waiting } = await admitToResources(app, tx, jobs);
  const entered = await applyToAll(app, tx, granted, 'enqueue', values, null);
  for (const job of entered) if (job.resourceGroupId !== null) await holdResource(tx, job.resourceGroupId, job.id, app.clock.now());
  return [...entered, ...(await applyToAll(app, tx, waiting, 'awaitResource', values, null))];
}

async function applyToAll(
  app: StatusApp,
  tx: Tx,
  jobs: readonly EventJob[],
  event: JobEvent,
  values: StatusValues,
  running: RunningRow | null,
): Promise<Job[]> {
  const now = app.clock.now();
  const changed: Job[] = [];
  for (const group of Map.groupBy(jobs, (job) => `${job.status} ${job.cancelGracefully}`).values()) {
    const [first] = group;
    const to = first === undefined ? null : nextStatus(event, first.status, first.cancelGracefully);
    if (first === undefined || to === null) continue;
    const ids = group.map((job) => job.id);
    const moved = await changeStatus(tx, ids, first.status, to, { ...values, ...stamps(to, now) }, running);
    changed.push(...moved);
  }
  const pending = changed.filter((job) => job.status === 'pending').map((job) => job.id);
  if (pending.length > 0) tx.afterCommit(() => app.jobsPending(pending));
  const finished = changed.filter((job) => isFinished(job.status));
  if (finished.length > 0) tx.afterCommit(() => finished.forEach((job) => app.jobFinished(job)));
  const over = changed.filter((job) => isCompleted(job.status));
  if (over.length > 0) await releaseResources(app, tx, over, now);
  return changed;
}
