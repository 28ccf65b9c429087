import type { App } from '../http/route.ts';
import '../access/app.ts';
import { cancelPipeline } from './cancel.ts';
import type { StatusApp } from './events.ts';
import type { Pipeline } from './pipeline.ts';
import { hasStartedForGood, olderPipelines } from './redundant-store.ts';
import { lockPipeline } from './status-store.ts';

/** Pipelines that are older than this are left alone, in ms. */
const oldest = 7 * 24 * 60 * 60 * 1000;

/**
 * Cancels pipelines that a newer one of the same branch or tag makes redundant, unless a job has started in them that is not
 * `interruptible` (CI configuration 14, `conservative`). Each goes in a transaction of its own. Gives their ids.
 */
export async function cancelRedundant(app: StatusApp & Pick<App, 'db' | 'write'>, newest: Pipeline): Promise<number[]> {
  const canceled: number[] = [];
  for (const id of await olderPipelines(app.db, newest, app.clock.now() - oldest)) {
    const done = await app.write(async (tx) => {
      // Looked at under the lock: a job that starts right now has started before or finds itself cancelled.
      if ((await lockPipeline(tx, id)) === null || (await hasStartedForGood(tx, id))) return false;
      return (await cancelPipeline(app, tx, id)) !== null;
    });
    if (done) canceled.push(id);
  }
  return canceled;
}
