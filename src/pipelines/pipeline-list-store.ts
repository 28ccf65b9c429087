import { pageRows } from '../access/page-rows.ts';
import type { SelectQueryBuilder } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Db } from '../db/tx.ts';
import type { ResolvedRef } from '../git/refs.ts';
import type { Page, Rows } from '../http/pagination.ts';
import type { JobStatus } from './job-state.ts';
import { toPipeline } from './pipeline-store.ts';
import type { Pipeline } from './pipeline.ts';

/** Which pipelines of a project a list shows (CI configuration 16.2). Times in ms. */
export interface PipelineFilter {
  projectId: number;
  statuses?: readonly JobStatus[] | undefined;
  /** Only the newest of each branch or tag. */
  newestOf?: 'branches' | 'tags' | undefined;
  ref?: string | undefined;
  sha?: string | undefined;
  source?: string | undefined;
  name?: string | undefined;
  username?: string | undefined;
  yamlErrors?: boolean | undefined;
  updatedAfter?: number | undefined;
  updatedBefore?: number | undefined;
  createdAfter?: number | undefined;
  createdBefore?: number | undefined;
}

export const pipelineScopes = ['running', 'pending', 'finished', 'branches', 'tags'] as const;

/** What `scope` and `status` of a list come to together. */
export function scopeFilter(
  scope: (typeof pipelineScopes)[number] | undefined,
  status: JobStatus | undefined,
): Pick<PipelineFilter, 'statuses' | 'newestOf'> {
  if (scope === 'branches' || scope === 'tags') return { newestOf: scope, ...(status === undefined ? {} : { statuses: [status] }) };
  const scoped: readonly JobStatus[] | undefined =
    scope === 'finished' ? ['success', 'failed', 'canceled'] : scope === undefined ? undefined : [scope];
  if (status === undefined) return scoped === undefined ? {} : { statuses: scoped };
  return { statuses: scoped === undefined || scoped.includes(status) ? [status] : [] };
}

export const pipelineOrders = ['id', 'status', 'ref', 'updated_at', 'user_id'] as const;

type PipelineQuery<O> = SelectQueryBuilder<Tables, 'pipelines', O>;

function filtered<O>(db: Db, query: PipelineQuery<O>, filter: PipelineFilter): PipelineQuery<O> {
  const { projectId, newestOf, username, yamlErrors, statuses } = filter;
  let found = query.where('pipelines.project_id', '=', projectId);
  if (statuses !== undefined)
    found = found.where((where) => (statuses.length === 0 ? where.lit(false) : where('pipelines.status', 'in', statuses)));
  if (filter.ref !== undefined) found = found.where('pipelines.ref', '=', filter.ref);
  if (filter.sha !== undefined) found = found.where('pipelines.sha', '=', filter.sha);
  if (filter.source !== undefined) found = found.where('pipelines.source', '=', filter.source);
  if (filter.name !== undefined) found = found.where('pipelines.name', '=', filter.name);
  if (filter.updatedAfter !== undefined) found = found.where('pipelines.updated_at', '>', filter.updatedAfter);
  if (filter.updatedBefore !== undefined) found = found.where('pipelines.updated_at', '<', filter.updatedBefore);
  if (filter.createdAfter !== undefined) found = found.where('pipelines.created_at', '>', filter.createdAfter);
  if (filter.createdBefore !== undefined) found = found.where('pipelines.created_at', '<', filter.createdBefore);
  if (yamlErrors !== undefined) found = found.where('pipelines.yaml_errors', yamlErrors ? 'is not' : 'is', null);
  if (username !== undefined) {
    found = found.where('pipelines.user_id', 'in', db.selectFrom('users').select('users.id').where('users.username', '=', username));
  }
  if (newestOf !== undefined) {
    const newest = db
      .selectFrom('pipelines as other')
      .select((select) => select.fn.max('other.id').as('id'))
      .where('other.project_id', '=', projectId)
      .where('other.tag', '=', newestOf === 'tags' ? 1 : 0)
      .groupBy('other.ref');
    found = found.where('pipelines.id', 'in', newest);
  }
  return found;
}

/** One page of a project's pipelines; more than 10,000 are not counted to the end. */
export async function listPipelines(
  db: Db,
  filter: PipelineFilter,
  page: Page,
  order: { by: (typeof pipelineOrders)[number]; sort: 'asc' | 'desc' },
): Promise<Rows<Pipeline>> {
  const query = filtered(db, db.selectFrom('pipelines').selectAll('pipelines'), filter)
    .orderBy(`pipelines.${order.by}`, order.sort)
    .orderBy('pipelines.id', order.sort);
  const { rows, total } = await pageRows(db, query, page);
  return { rows: rows.map(toPipeline), total };
}

/** The newest pipeline of a branch or tag at its commit; null when there is none. */
export async function newestPipeline(db: Db, projectId: number, ref: Pick<ResolvedRef, 'kind' | 'name' | 'sha'>): Promise<Pipeline | null> {
  const row = await db
    .selectFrom('pipelines')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('ref', '=', ref.name)
    .where('tag', '=', ref.kind === 'tag' ? 1 : 0)
    .where('sha', '=', ref.sha)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : toPipeline(row);
}

/** Whether a job of the pipeline failed that was allowed to. */
export async function hasWarnings(db: Db, pipelineId: number): Promise<boolean> {
  const row = await db
    .selectFrom('jobs')
    .select('id')
    .where('pipeline_id', '=', pipelineId)
    .where('retried', '=', 0)
    .where('allow_failure', '=', 1)
    .where('status', 'in', ['failed', 'canceled'])
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
