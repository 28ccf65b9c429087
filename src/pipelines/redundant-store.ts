import type { Db, Tx } from '../db/tx.ts';
import { isCancelable, jobStatuses } from './job-state.ts';
import type { Pipeline } from './pipeline.ts';

/** Ids of older pipelines of the same branch or tag, for other commits, made after `since` (ms), that are not over. */
export async function olderPipelines(db: Db, pipeline: Pipeline, since: number): Promise<number[]> {
  const rows = await db
    .selectFrom('pipelines')
    .select('id')
    .where('project_id', '=', pipeline.projectId)
    .where('ref', '=', pipeline.ref)
    .where('id', '<', pipeline.id)
    .where('tag', '=', pipeline.tag ? 1 : 0)
    .where('sha', '<>', pipeline.sha)
    .where('created_at', '>', since)
    .where('source', '<>', 'parent_pipeline')
    .where('status', 'in', jobStatuses.filter(isCancelable))
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

/** Whether a job of a pipeline has started that must not be interrupted. */
export async function hasStartedForGood(tx: Tx, pipelineId: number): Promise<boolean> {
  const row = await tx
    .selectFrom('jobs')
    .select('id')
    .where('pipeline_id', '=', pipelineId)
    .where('interruptible', '=', 0)
    .where('started_at', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
