import type { Db } from '../db/tx.ts';
import type { RunnerFacts } from './can-run.ts';

/** A pending job as the sweep sees it. */
export interface WaitingJob {
  jobId: number;
  projectId: number;
  tagSetId: number;
  protected: boolean;
  /** Ms. */
  queuedAt: number;
}

/** Pending jobs since before `queuedBefore` (ms), the oldest first, those up to and with `after` left out. */
export async function waitingJobs(
  db: Db,
  queuedBefore: number,
  after: Pick<WaitingJob, 'queuedAt' | 'jobId'>,
  limit: number,
): Promise<WaitingJob[]> {
  const rows = await db
    .selectFrom('pending_jobs')
    .selectAll()
    .where('queued_at', '<', queuedBefore)
    .where('queued_at', '>=', after.queuedAt)
    .where((where) => where.or([where('queued_at', '>', after.queuedAt), where('job_id', '>', after.jobId)]))
    .orderBy('queued_at')
    .orderBy('job_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    jobId: row.job_id,
    projectId: row.project_id,
    tagSetId: row.tag_set_id,
    protected: row.protected === 1,
    queuedAt: row.queued_at,
  }));
}

/** A job on a runner as the sweep sees it. Times in ms. */
export interface RunningJob {
  jobId: number;
  canceling: boolean;
  updatedAt: number;
  startedAt: number;
  /** Seconds, decided at the claim; null for none. */
  timeout: number | null;
  /** The machine that runs it, with its last contact as written; null when it is unknown or its row is gone. */
  manager: { id: number; runnerId: number; systemId: string; contactedAt: number | null } | null;
}

/** Jobs on runners after the id `after` that were not updated since `updatedBefore` or have started before `startedBefore` (ms). */
export async function runningJobs(
  db: Db,
  { updatedBefore, startedBefore }: { updatedBefore: number; startedBefore: number },
  after: number,
  limit: number,
): Promise<RunningJob[]> {
  const rows = await db
    .selectFrom('running_jobs')
    .innerJoin('jobs', 'jobs.id', 'running_jobs.job_id')
    .leftJoin('runner_managers as manager', 'manager.id', 'running_jobs.manager_id')
    .select(['jobs.id', 'jobs.status', 'jobs.updated_at', 'jobs.started_at', 'jobs.timeout'])
    .select(['manager.id as manager_id', 'manager.runner_id', 'manager.system_id', 'manager.contacted_at'])
    .where('running_jobs.job_id', '>', after)
    .where((where) => where.or([where('jobs.updated_at', '<', updatedBefore), where('jobs.started_at', '<', startedBefore)]))
    .orderBy('running_jobs.job_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    jobId: row.id,
    canceling: row.status === 'canceling',
    updatedAt: row.updated_at,
    startedAt: row.started_at ?? row.updated_at,
    timeout: row.timeout,
    manager:
      row.manager_id === null || row.runner_id === null || row.system_id === null
        ? null
        : { id: row.manager_id, runnerId: row.runner_id, systemId: row.system_id, contactedAt: row.contacted_at },
  }));
}

/** Ids of delayed jobs whose time was before `dueBefore` (ms) and that have not started, the longest overdue first. */
export async function overdueSchedules(db: Db, dueBefore: number, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom('scheduled_jobs')
    .select('job_id')
    .where('due_at', '<', dueBefore)
    .orderBy('due_at')
    .orderBy('job_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.job_id);
}

/** What matching looks at in a project's jobs besides tags and protection. */
export interface ProjectFacts {
  projectId: number;
  namespaceIds: number[];
  sharedRunnersEnabled: boolean;
  groupRunnersEnabled: boolean;
  jobsEnabled: boolean;
}

/** Null when the project is gone. */
export async function projectFacts(db: Db, projectId: number): Promise<ProjectFacts | null> {
  const project = await db
    .selectFrom('projects')
    .select(['namespace_id', 'shared_runners_enabled', 'group_runners_enabled', 'jobs_enabled'])
    .where('id', '=', projectId)
    .executeTakeFirst();
  if (project === undefined) return null;
  const above = await db.selectFrom('namespace_ancestors').select('ancestor_id').where('namespace_id', '=', project.namespace_id).execute();
  return {
    projectId,
    namespaceIds: above.map((row) => row.ancestor_id),
    sharedRunnersEnabled: project.shared_runners_enabled === 1,
    groupRunnersEnabled: project.group_runners_enabled === 1,
    jobsEnabled: project.jobs_enabled === 1,
  };
}

/** The kinds of active instance runners that had contact after `contactedAfter` (ms): a few, however many runners there are. */
export async function instanceRunnerKinds(db: Db, contactedAfter: number): Promise<RunnerFacts[]> {
  const rows = await kinds(db, contactedAfter).where('runners.type', '=', 'instance_type').execute();
  return rows.map((row) => toFacts(row, 'instance_type', null, null));
}

/** The same for the group runners above a project and the runners assigned to it. */
export async function ownRunnerKinds(db: Db, { projectId, namespaceIds }: ProjectFacts, contactedAfter: number): Promise<RunnerFacts[]> {
  const ofGroups = await kinds(db, contactedAfter)
    .innerJoin('runner_groups', 'runner_groups.runner_id', 'runners.id')
    .select('runner_groups.group_id')
    .where('runner_groups.group_id', 'in', namespaceIds.length === 0 ? [0] : namespaceIds)
    .execute();
  const ofProject = await kinds(db, contactedAfter)
    .innerJoin('runner_projects', 'runner_projects.runner_id', 'runners.id')
    .where('runner_projects.project_id', '=', projectId)
    .execute();
  return [
    ...ofGroups.map((row) => toFacts(row, 'group_type', row.group_id, null)),
    ...ofProject.map((row) => toFacts(row, 'project_type', null, projectId)),
  ];
}

function kinds(db: Db, contactedAfter: number) {
  return db
    .selectFrom('runners')
    .innerJoin('tag_sets', 'tag_sets.id', 'runners.tag_set_id')
    .select(['runners.access_level', 'runners.run_untagged', 'tag_sets.tags'])
    .distinct()
    .where('runners.active', '=', 1)
    .where('runners.contacted_at', '>', contactedAfter);
}

function toFacts(
  row: { access_level: string; run_untagged: number; tags: string },
  type: RunnerFacts['type'],
  groupId: number | null,
  projectId: number | null,
): RunnerFacts {
  return {
    type,
    active: true,
    protectedOnly: row.access_level === 'ref_protected',
    runUntagged: row.run_untagged === 1,
    tags: new Set(JSON.parse(row.tags) as string[]),
    groupId,
    projectIds: new Set(projectId === null ? [] : [projectId]),
  };
}

/** When any machine was last heard, as written (ms); null: never. */
export async function newestContact(db: Db): Promise<number | null> {
  const row = await db
    .selectFrom('runner_managers')
    .select((select) => select.fn.max('contacted_at').as('newest'))
    .executeTakeFirst();
  return row?.newest ?? null;
}
