import '../access/app.ts';
import type { App } from '../http/route.ts';
import type { Job } from '../pipelines/job.ts';
import '../queue/job-calls.ts';
import { touchJob } from '../pipelines/trace-record.ts';
import { noteJobCall } from '../runners/contact.ts';

/** A sign of life of a job is written at most this often, well below every threshold of a reaper (runner protocol 15.2). */
const touchEvery = 15 * 60_000;

/**
 * Notes that an agent has called about its job: a sign of life of the job, its runner and the machine, which asks for no more jobs
 * while it is busy with this one (runner protocol 13). `logged`: the call brought new bytes of the log.
 */
export async function noteJobContact(app: App, job: Job, logged = false): Promise<void> {
  const now = app.clock.now();
  app.jobCalls.note(job.id, now, logged);
  if (now - job.updatedAt > touchEvery) await app.write((tx) => touchJob(tx, job.id, now));
  if (job.runnerId !== null && job.managerId !== null) await noteJobCall(app, job.runnerId, job.managerId);
}
