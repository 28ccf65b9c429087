import { sql } from 'kysely';
import { levels } from '../access/role.ts';
import type { Db, Tx } from '../db/tx.ts';
import { toNamespace } from '../namespaces/namespace-store.ts';
import type { Namespace } from '../namespaces/namespace.ts';
import { toProject } from '../namespaces/project-store.ts';
import type { Project } from '../namespaces/project.ts';
import { levelsInProjectsOf } from './facts-store.ts';
import { updateRunner } from './store.ts';

/** Whose projects are shown: all of them for null, else those that the user is a member of (runners API A.4). `now` in ms. */
export type Viewer = { userId: number; now: number } | null;

/** Projects that a runner is assigned to and that the viewer may see, the one assigned longest first. */
export async function projectsOfRunner(
  db: Db,
  runnerId: number,
  viewer: Viewer,
  page: { limit?: number; offset?: number } = {},
): Promise<Project[]> {
  const query = assigned(db, runnerId, viewer).selectAll('projects').orderBy('runner_projects.created_at').orderBy('projects.id');
  const { limit, offset } = page;
  const rows = await (limit === undefined ? query : query.limit(limit).offset(offset ?? 0)).execute();
  return rows.map(toProject);
}

/** How many they are. */
export async function countProjectsOfRunner(db: Db, runnerId: number, viewer: Viewer): Promise<number> {
  const { count } = await assigned(db, runnerId, viewer)
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

function assigned(db: Db, runnerId: number, viewer: Viewer) {
  const query = db
    .selectFrom('projects')
    .innerJoin('runner_projects', 'runner_projects.project_id', 'projects.id')
    .where('runner_projects.runner_id', '=', runnerId);
  if (viewer === null) return query;
  const member = levelsInProjectsOf(db, runnerId, viewer.userId, viewer.now).as('member_of');
  return query.where('projects.id', 'in', (from) =>
    from.selectFrom(member).select('member_of.project_id').where('member_of.level', '>', levels.none),
  );
}

/** The group of a group runner, or null. */
export async function groupOfRunner(db: Db, runnerId: number): Promise<Namespace | null> {
  const row = await db
    .selectFrom('namespaces')
    .innerJoin('runner_groups', 'runner_groups.group_id', 'namespaces.id')
    .selectAll('namespaces')
    .where('runner_groups.runner_id', '=', runnerId)
    .executeTakeFirst();
  return row === undefined ? null : toNamespace(row);
}

/** Whether a runner is assigned to a project, and to how many in all. */
export async function assignmentOf(db: Db, runnerId: number, projectId: number): Promise<{ assigned: boolean; projects: number }> {
  const rows = await db.selectFrom('runner_projects').select('project_id').where('runner_id', '=', runnerId).execute();
  return { assigned: rows.some((row) => row.project_id === projectId), projects: rows.length };
}

/** Ends the assignment of a runner to a project. */
export async function unassignProject(tx: Tx, runnerId: number, projectId: number, now: number): Promise<void> {
  await tx.deleteFrom('runner_projects').where('runner_id', '=', runnerId).where('project_id', '=', projectId).execute();
  await passOn(tx, [runnerId]);
  await updateRunner(tx, runnerId, {}, now);
}

/** Gives runners whose owner project has left them to the project that is assigned longest (runners API B.7). */
export async function passOn(tx: Tx, runnerIds: readonly number[]): Promise<void> {
  await tx
    .updateTable('runners')
    .set((set) => ({
      owner_project_id: set
        .selectFrom('runner_projects')
        .select('runner_projects.project_id')
        .whereRef('runner_projects.runner_id', '=', 'runners.id')
        .orderBy('runner_projects.created_at')
        .orderBy('runner_projects.project_id')
        .limit(1),
    }))
    .where(tx.dialect.isOneOf(sql.ref('runners.id'), runnerIds))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('runner_projects')
            .select('runner_projects.project_id')
            .whereRef('runner_projects.runner_id', '=', 'runners.id')
            .whereRef('runner_projects.project_id', '=', 'runners.owner_project_id'),
        ),
      ),
    )
    .execute();
}

/** The group or project of a runner; neither for an instance runner. */
export interface Place {
  groupId: number | null;
  projectId: number | null;
}

/** Whether a place still exists, which nobody else gives a runner before the transaction ends: its runners can be counted. */
export async function lockPlace(tx: Tx, { groupId, projectId }: Place): Promise<boolean> {
  const { lockRows } = tx.dialect;
  if (projectId !== null)
    return (await lockRows(tx.selectFrom('projects').select('id').where('id', '=', projectId)).executeTakeFirst()) !== undefined;
  if (groupId === null) return true;
  return (await lockRows(tx.selectFrom('namespaces').select('id').where('id', '=', groupId)).executeTakeFirst()) !== undefined;
}

/** Runners that count for the limit of a project or group: made or in contact since `since` (ms) (runners API B.10). */
export async function countRegistered(db: Db, of: { projectId: number } | { groupId: number }, since: number): Promise<number> {
  const query = db
    .selectFrom('runners')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where((where) => where.or([where('created_at', '>', since), where('contacted_at', '>', since)]));
  const scoped =
    'projectId' in of
      ? query.where('id', 'in', (from) => from.selectFrom('runner_projects').select('runner_id').where('project_id', '=', of.projectId))
      : query.where('id', 'in', (from) => from.selectFrom('runner_groups').select('runner_id').where('group_id', '=', of.groupId));
  return (await scoped.executeTakeFirstOrThrow()).count;
}
