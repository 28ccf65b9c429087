import type { Selectable } from 'kysely';
import type { PipelineRow } from '../db/tables.ts';
import type { Db } from '../db/tx.ts';
import type { JobStatus } from './job-state.ts';
import type { Pipeline, PipelineSource } from './pipeline.ts';

/** Row → pipeline. */
export function toPipeline(row: Selectable<PipelineRow>): Pipeline {
  return {
    id: row.id,
    iid: row.iid,
    projectId: row.project_id,
    ref: row.ref,
    tag: row.tag === 1,
    protected: row.protected === 1,
    sha: row.sha,
    beforeSha: row.before_sha,
    source: row.source as PipelineSource,
    status: row.status as JobStatus,
    userId: row.user_id,
    yamlErrors: row.yaml_errors,
    name: row.name,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    duration: row.duration,
  };
}

/** The pipeline with this id, or null. */
export async function findPipeline(db: Db, id: number): Promise<Pipeline | null> {
  const row = await db.selectFrom('pipelines').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toPipeline(row);
}

/** The pipeline with this id if it belongs to the project, or null. Takes any number, as paths have them. */
export async function findProjectPipeline(db: Db, projectId: number, id: number): Promise<Pipeline | null> {
  if (!Number.isSafeInteger(id)) return null;
  const pipeline = await findPipeline(db, id);
  return pipeline?.projectId === projectId ? pipeline : null;
}

/** Pipelines by id, for presenters that show many. */
export async function pipelinesById(db: Db, ids: readonly number[]): Promise<Map<number, Pipeline>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('pipelines')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, toPipeline(row)]));
}
