import '../access/app.ts';
import type { App } from '../http/route.ts';
import type { Job } from '../pipelines/job.ts';
import { touchJob } from '../pipelines/trace-record.ts';

/** A sign of life of a job is written at most this often, well below every threshold of a reaper (runner protocol 15.2). */
const touchEvery = 15 * 60_000;

/** Notes that an agent has called about its job. */
export async function noteJobContact(app: App, job: Job): Promise<void> {
  const now = app.clock.now();
  if (now - job.updatedAt > touchEvery) await app.write((tx) => touchJob(tx, job.id, now));
}
