import type { Db, Tx } from '../db/tx.ts';
import { toPipeline } from './pipeline-store.ts';
import type { Pipeline } from './pipeline.ts';
import { freeResources, resourcesOfJobs } from './resource-store.ts';
import { batches } from './status-store.ts';

/** Ids of all jobs of a pipeline, and of those among them that may have a log. */
export async function jobIdsOf(tx: Tx, pipelineId: number): Promise<{ all: number[]; started: number[] }> {
  const rows = await tx.selectFrom('jobs').select(['id', 'started_at']).where('pipeline_id', '=', pipelineId).execute();
  return { all: rows.map((row) => row.id), started: rows.filter((row) => row.started_at !== null).map((row) => row.id) };
}

const jobTables = ['pending_jobs', 'running_jobs', 'scheduled_jobs', 'unconfirmed_jobs', 'job_definitions', 'job_needs'] as const;

/** Deletes a pipeline and all rows of its jobs, but their artifacts. Gives the resources that others may have now. */
export async function deletePipelineRows(tx: Tx, pipelineId: number, jobIds: readonly number[], now: number): Promise<number[]> {
  const resources = new Set<number>();
  for (const some of batches(jobIds)) {
    const held = await resourcesOfJobs(tx, some);
    if (held.length > 0) await freeResources(tx, some, held, now);
    for (const id of held) resources.add(id);
    for (const table of jobTables) {
      await tx.deleteFrom(table).where('job_id', 'in', some).execute();
    }
    await tx.deleteFrom('jobs').where('id', 'in', some).execute();
  }
  await tx.deleteFrom('pipeline_variables').where('pipeline_id', '=', pipelineId).execute();
  await tx.deleteFrom('pipelines').where('id', '=', pipelineId).execute();
  return [...resources];
}

/** All pipelines of these projects, by id. */
export async function pipelinesOfProjects(db: Db, projectIds: readonly number[]): Promise<Pipeline[]> {
  const found: Pipeline[] = [];
  for (const some of batches(projectIds)) {
    const rows = await db.selectFrom('pipelines').selectAll().where('project_id', 'in', some).execute();
    found.push(...rows.map(toPipeline));
  }
  return found.toSorted((a, b) => a.id - b.id);
}

/** Forgets the kept commits of these projects. */
export async function deleteCommits(tx: Tx, projectIds: readonly number[]): Promise<void> {
  for (const some of batches(projectIds)) await tx.deleteFrom('commits').where('project_id', 'in', some).execute();
}
