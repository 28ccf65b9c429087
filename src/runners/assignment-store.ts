import type { Db, Tx } from '../db/tx.ts';
import { levelInProject } from '../namespaces/member-store.ts';
import { toNamespace } from '../namespaces/namespace-store.ts';
import type { Namespace } from '../namespaces/namespace.ts';
import { toProject } from '../namespaces/project-store.ts';
import type { Project } from '../namespaces/project.ts';
import type { Actor } from '../access/user.ts';

/** Projects that a runner is assigned to, the one assigned longest first. */
export async function projectsOfRunner(db: Db, runnerId: number): Promise<Project[]> {
  const rows = await db
    .selectFrom('projects')
    .innerJoin('runner_projects', 'runner_projects.project_id', 'projects.id')
    .selectAll('projects')
    .where('runner_projects.runner_id', '=', runnerId)
    .orderBy('runner_projects.created_at')
    .orderBy('projects.id')
    .execute();
  return rows.map(toProject);
}

/** The ones among `projects` that the caller is a member of; all of them for administrators (runners API A.4). `now` in ms. */
export async function memberProjects(db: Db, actor: Actor, projects: readonly Project[], now: number): Promise<Project[]> {
  if (actor.user.admin) return [...projects];
  const seen: Project[] = [];
  for (const project of projects) if ((await levelInProject(db, actor.user.id, project, now)) > 0) seen.push(project);
  return seen;
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

/** Ends the assignment of a runner to a project; the runner's owner becomes the project that is assigned longest. */
export async function unassignProject(tx: Tx, runnerId: number, projectId: number, now: number): Promise<void> {
  await tx.deleteFrom('runner_projects').where('runner_id', '=', runnerId).where('project_id', '=', projectId).execute();
  const oldest = await tx
    .selectFrom('runner_projects')
    .select('project_id')
    .where('runner_id', '=', runnerId)
    .orderBy('created_at')
    .orderBy('project_id')
    .executeTakeFirst();
  await tx
    .updateTable('runners')
    .set({ updated_at: now, ...(oldest === undefined ? {} : { owner_project_id: oldest.project_id }) })
    .where('id', '=', runnerId)
    .execute();
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
