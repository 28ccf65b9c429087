import type { Tx } from '../db/tx.ts';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import './app.ts';
import type { Pipeline } from './pipeline.ts';
import { deleteResources } from './resource-store.ts';
import { deleteCommits, deletePipelineRows, jobIdsOf, pipelinesOfProjects } from './remove-store.ts';
import { batches, lockPipeline } from './status-store.ts';

type RemoveApp = Pick<App, 'clock' | 'eraseArtifacts' | 'eraseTrace' | 'deletePipelineRefs' | 'resourcesFreed' | 'log'>;

/**
 * Removes pipelines with their jobs and artifacts in the transaction, logs and refs after its commit. Agents that run one
 * of the jobs are turned away at their next call.
 */
export async function removePipelines(app: RemoveApp, tx: Tx, pipelines: readonly Pick<Pipeline, 'id' | 'projectId'>[]): Promise<void> {
  await removeRows(app, tx, pipelines);
  tx.afterCommit(() => {
    for (const [projectId, group] of Map.groupBy(pipelines, (pipeline) => pipeline.projectId)) {
      const ids = group.map((pipeline) => pipeline.id);
      app
        .deletePipelineRefs(projectId, ids)
        .catch((error: unknown) => app.log.error({ err: error, projectId }, 'refs of pipelines not removed'));
    }
  });
}

/** The same for all pipelines of projects whose repositories go as well. */
export async function removeProjectPipelines(app: RemoveApp, tx: Tx, projectIds: readonly number[]): Promise<void> {
  await removeRows(app, tx, await pipelinesOfProjects(tx, projectIds));
  await deleteCommits(tx, projectIds);
  await deleteResources(tx, projectIds);
}

async function removeRows(app: RemoveApp, tx: Tx, pipelines: readonly Pick<Pipeline, 'id'>[]): Promise<void> {
  const started: number[] = [];
  const freed: number[] = [];
  for (const { id } of pipelines) {
    if ((await lockPipeline(tx, id)) === null) continue;
    const jobs = await jobIdsOf(tx, id);
    for (const some of batches(jobs.all)) await app.eraseArtifacts(tx, some);
    freed.push(...(await deletePipelineRows(tx, id, jobs.all, app.clock.now())));
    started.push(...jobs.started);
  }
  tx.afterCommit(() => {
    if (freed.length > 0) app.resourcesFreed([...new Set(freed)]);
    for (const jobId of started) {
      app.eraseTrace(jobId).catch((error: unknown) => app.log.error({ err: error, jobId }, 'log of a removed job not removed'));
    }
  });
}
