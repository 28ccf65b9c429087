import type { Tx } from '../db/tx.ts';
import type { App } from '../http/route.ts';
import './app.ts';
import type { Job } from './job.ts';
import { freeResources, lockResources, resourcesWithWaiters } from './resource-store.ts';

type Entering = Pick<Job, 'id' | 'status' | 'cancelGracefully' | 'resourceGroupId'>;

/**
 * Which of the jobs may enter the queue: those without a resource, and of each free resource the first that asks. The
 * others have to wait, also when somebody waits for the resource already or its mode asks for an order: after the commit
 * `resourcesFreed` is told then, which gives the resource to whose turn it is. The resources stay locked.
 */
export async function admitToResources<J extends Entering>(
  app: Pick<App, 'resourcesFreed'>,
  tx: Tx,
  jobs: readonly J[],
): Promise<{ granted: J[]; waiting: J[] }> {
  const ids = resourceIds(jobs);
  const resources = await lockResources(tx, ids);
  const wanted = await resourcesWithWaiters(tx, ids);
  const taken = new Set<number>();
  const passedOver = new Set<number>();
  const granted: J[] = [];
  const waiting: J[] = [];
  for (const job of jobs) {
    const resource = job.resourceGroupId === null ? undefined : resources.get(job.resourceGroupId);
    if (resource === undefined) {
      granted.push(job);
      continue;
    }
    const free = (resource.jobId === null || resource.jobId === job.id) && !taken.has(resource.id);
    const first = job.status === 'waiting_for_resource' || (resource.mode === 'unordered' && !wanted.has(resource.id));
    if (free && first) {
      taken.add(resource.id);
      granted.push(job);
    } else {
      if (free) passedOver.add(resource.id);
      waiting.push(job);
    }
  }
  if (passedOver.size > 0) tx.afterCommit(() => app.resourcesFreed([...passedOver]));
  return { granted, waiting };
}

/** Takes from jobs that are over what they hold; after the commit `resourcesFreed` is told. */
export async function releaseResources(
  app: Pick<App, 'resourcesFreed'>,
  tx: Tx,
  jobs: readonly Pick<Job, 'id' | 'resourceGroupId'>[],
  now: number,
): Promise<void> {
  const ids = resourceIds(jobs);
  if (ids.length === 0) return;
  await freeResources(
    tx,
    jobs.map((job) => job.id),
    ids,
    now,
  );
  tx.afterCommit(() => app.resourcesFreed(ids));
}

function resourceIds(jobs: readonly Pick<Job, 'resourceGroupId'>[]): number[] {
  return [...new Set(jobs.flatMap((job) => job.resourceGroupId ?? []))];
}
