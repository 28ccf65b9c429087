import type { App } from '../http/route.ts';
import '../access/app.ts';
import './app.ts';
import { jobCan } from './job-state.ts';
import { findJob, markErased } from './job-store.ts';
import type { Job } from './job.ts';

type EraseApp = Pick<App, 'write' | 'clock' | 'eraseArtifacts' | 'eraseTrace'>;

/**
 * Removes what a finished job has left behind, its artifacts and its log, and notes when (CI configuration 14). Gives the
 * job; null when it has not finished or was erased before.
 */
export async function eraseJob(app: EraseApp, jobId: number): Promise<Job | null> {
  const erased = await app.write(async (tx) => {
    const job = await findJob(tx, jobId);
    if (job === null || !jobCan.erase(job)) return null;
    const marked = await markErased(tx, jobId, app.clock.now());
    if (marked !== null) await app.eraseArtifacts(tx, [jobId]);
    return marked;
  });
  if (erased !== null) await app.eraseTrace(jobId);
  return erased;
}
