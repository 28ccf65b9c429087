import type { App } from '../http/route.ts';
import '../access/app.ts';
import './app.ts';
import type { StatusApp } from './events.ts';
import { freeResourcesWanted, nextForResource } from './resource-store.ts';
import { transition } from './transition.ts';

type ResourceApp = StatusApp & Pick<App, 'db' | 'write'>;

/**
 * Gives a free resource to the job whose turn it is, in a transaction of its own: the job may belong to another pipeline than
 * the one that freed it, and pipelines are locked one at a time. Whether a job got it.
 */
export async function assignResource(app: ResourceApp, resourceId: number): Promise<boolean> {
  return app.write(async (tx) => {
    const jobId = await nextForResource(tx, resourceId);
    return jobId !== null && (await transition(app, tx, jobId, 'enqueue')) !== null;
  });
}

/** How many resources are looked up at once. */
const page = 200;

/**
 * Gives out every free resource for which jobs wait, as after a process has ended between the commit that freed one and the
 * next that would have given it away. To be called at the start and now and then. Gives the number of jobs that got one.
 */
export async function assignFreeResources(app: ResourceApp): Promise<number> {
  let given = 0;
  let after = 0;
  for (;;) {
    const ids = await freeResourcesWanted(app.db, after, page);
    for (const id of ids) {
      after = id;
      if (await assignResource(app, id)) given++;
    }
    if (ids.length < page) return given;
  }
}
