import type { Tx } from '../db/tx.ts';
import { compiledOfJobs } from './definition-store.ts';
import { applyEvent, type EventJob, type StatusApp } from './events.ts';

/** Lets delayed jobs whose turn it is wait for the time that their configuration says, from now on (CI configuration 13.1). */
export async function scheduleJobs(app: StatusApp, tx: Tx, jobs: readonly EventJob[]): Promise<void> {
  const compiled = await compiledOfJobs(
    tx,
    jobs.map((job) => job.id),
  );
  const now = app.clock.now();
  for (const [seconds, group] of Map.groupBy(jobs, (job) => compiled.get(job.id)?.startIn ?? 0)) {
    await applyEvent(app, tx, group, 'schedule', { scheduled_at: now + seconds * 1000 });
  }
}
