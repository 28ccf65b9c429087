import type { App } from '../http/route.ts';
import '../access/app.ts';
import { dueJobs, scheduledAmong } from './delayed-store.ts';
import { applyEvent, type StatusApp } from './events.ts';
import { processLocked } from './process.ts';
import { lockPipeline } from './status-store.ts';

/**
 * Lets up to `limit` delayed jobs go that are due at `now` (ms), each pipeline in a transaction of its own: they get `pending`, or
 * wait for their resource. Gives how many did; `limit` of them say that there may be more.
 */
export async function enqueueDueJobs(app: StatusApp & Pick<App, 'db' | 'write'>, now: number, limit: number): Promise<number> {
  let count = 0;
  const due = await dueJobs(app.db, now, limit);
  for (const [pipelineId, group] of Map.groupBy(due, (job) => job.pipelineId)) {
    count += await app.write(async (tx) => {
      const pipeline = await lockPipeline(tx, pipelineId);
      if (pipeline === null) return 0;
      // Read under the lock: somebody may have played or cancelled them.
      const jobs = await scheduledAmong(
        tx,
        group.map((job) => job.id),
      );
      const gone = await applyEvent(app, tx, jobs, 'enqueue');
      if (gone.length > 0) await processLocked(app, tx, pipeline);
      return gone.length;
    });
  }
  return count;
}
