import type { SelectQueryBuilder } from 'kysely';
import { pageRows } from '../access/page-rows.ts';
import { levels } from '../access/role.ts';
import type { Tables } from '../db/tables.ts';
import type { Db } from '../db/tx.ts';
import type { Page, Rows } from '../http/pagination.ts';
import { projectWithLevel } from '../namespaces/member-scope.ts';
import type { JobStatus } from './job-state.ts';
import { toJob } from './job-store.ts';
import type { Job } from './job.ts';

/** Which jobs a list shows. */
export interface JobFilter {
  projectId?: number | undefined;
  pipelineId?: number | undefined;
  runnerId?: number | undefined;
  /** Only those that this manager took. */
  systemId?: string | undefined;
  /** An empty list is no filter. */
  statuses?: readonly JobStatus[] | undefined;
  /** Leave out jobs of which a newer try exists. */
  latest?: boolean | undefined;
  /** Only jobs of projects in which this user may read them: reporter and above. */
  readableBy?: { userId: number; now: number } | undefined;
}

type JobQuery<O> = SelectQueryBuilder<Tables, 'jobs', O>;

function filtered<O>(db: Db, query: JobQuery<O>, filter: JobFilter): JobQuery<O> {
  const { statuses, readableBy, systemId, runnerId } = filter;
  let found = query;
  if (filter.projectId !== undefined) found = found.where('jobs.project_id', '=', filter.projectId);
  if (filter.pipelineId !== undefined) found = found.where('jobs.pipeline_id', '=', filter.pipelineId);
  if (runnerId !== undefined) found = found.where('jobs.runner_id', '=', runnerId);
  if (statuses !== undefined && statuses.length > 0) found = found.where('jobs.status', 'in', statuses);
  if (filter.latest === true) found = found.where('jobs.retried', '=', 0);
  if (systemId !== undefined) {
    const managers = db
      .selectFrom('runner_managers')
      .select('id')
      .where('system_id', '=', systemId)
      .where('runner_id', '=', runnerId ?? 0);
    found = found.where('jobs.manager_id', 'in', managers);
  }
  if (readableBy !== undefined) found = found.where('jobs.project_id', 'in', readableProjects(db, readableBy));
  return found;
}

/** Ids of the projects in which a user is a reporter or more. */
function readableProjects(db: Db, { userId, now }: { userId: number; now: number }) {
  return db
    .selectFrom('projects')
    .select('projects.id')
    .where(projectWithLevel(db, userId, now, levels.reporter));
}

/** One page of jobs by id, and how many there are in all; more than 10,000 are not counted to the end. */
export async function listJobs(db: Db, filter: JobFilter, page: Page, sort: 'asc' | 'desc'): Promise<Rows<Job>> {
  const query = filtered(db, db.selectFrom('jobs').selectAll('jobs'), filter).orderBy('jobs.id', sort);
  const { rows, total } = await pageRows(db, query, page);
  return { rows: rows.map(toJob), total };
}

/** Up to `limit` jobs by id after the job `after` in the direction of `sort`; null: from the start. */
export async function jobsAfter(db: Db, filter: JobFilter, after: number | null, limit: number, sort: 'asc' | 'desc'): Promise<Job[]> {
  let query = filtered(db, db.selectFrom('jobs').selectAll('jobs'), filter);
  if (after !== null) query = query.where('jobs.id', sort === 'asc' ? '>' : '<', after);
  const rows = await query.orderBy('jobs.id', sort).limit(limit).execute();
  return rows.map(toJob);
}

/** One page of jobs by id without a count. */
export async function jobsOfPage(db: Db, filter: JobFilter, page: Page, sort: 'asc' | 'desc'): Promise<Rows<Job>> {
  const query = filtered(db, db.selectFrom('jobs').selectAll('jobs'), filter).orderBy('jobs.id', sort);
  const rows = await query.limit(page.limit).offset(page.offset).execute();
  return { rows: rows.map(toJob), total: null };
}
