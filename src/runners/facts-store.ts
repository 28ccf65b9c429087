import type { RunnerFacts } from '../access/can.ts';
import { levels } from '../access/role.ts';
import type { Actor } from '../access/user.ts';
import { sql } from 'kysely';
import type { Db } from '../db/tx.ts';
import { dayOf } from '../namespaces/member-store.ts';
import type { Runner } from './runner.ts';

/**
 * How a caller stands to a runner: what the rules of `canRunner` look at. Administrators count as owners of everything.
 * `now` in ms: memberships that have ended do not count.
 */
export async function runnerFacts(db: Db, actor: Actor, runner: Pick<Runner, 'id' | 'type'>, now: number): Promise<RunnerFacts> {
  const projectCount = runner.type === 'project_type' ? await countProjects(db, runner.id) : 0;
  if (actor.user.admin) {
    return {
      type: runner.type,
      level: levels.owner,
      projectLevel: levels.owner,
      groupLevel: levels.owner,
      treeLevel: levels.owner,
      projectCount,
    };
  }
  const none = {
    type: runner.type,
    level: levels.none,
    projectLevel: levels.none,
    groupLevel: levels.none,
    treeLevel: levels.none,
    projectCount,
  };
  if (runner.type === 'instance_type') return none;
  if (runner.type === 'project_type') return { ...none, projectLevel: await highestProjectLevel(db, actor.user.id, runner.id, now) };
  const groupLevel = await levelInRunnerGroup(db, actor.user.id, runner.id, now);
  return {
    ...none,
    groupLevel,
    treeLevel: groupLevel >= levels.maintainer ? groupLevel : await highestTreeLevel(db, actor.user.id, runner.id, now),
  };
}

async function countProjects(db: Db, runnerId: number): Promise<number> {
  const row = await db
    .selectFrom('runner_projects')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('runner_id', '=', runnerId)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Access levels of a user by project, direct ones, inherited ones and those of the own namespace. */
export function projectLevels(db: Db, userId: number, now: number) {
  const today = dayOf(now);
  return db
    .selectFrom('members')
    .select(['source_id as project_id', 'access_level as level'])
    .where('source', '=', 'project')
    .where('user_id', '=', userId)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', today)]))
    .unionAll(
      db
        .selectFrom('members')
        .innerJoin('namespace_ancestors', 'namespace_ancestors.ancestor_id', 'members.source_id')
        .innerJoin('projects', 'projects.namespace_id', 'namespace_ancestors.namespace_id')
        .select(['projects.id as project_id', 'members.access_level as level'])
        .where('members.source', '=', 'group')
        .where('members.user_id', '=', userId)
        .where((where) => where.or([where('members.expires_at', 'is', null), where('members.expires_at', '>', today)])),
    )
    .unionAll(
      db
        .selectFrom('projects')
        .innerJoin('namespaces', 'namespaces.id', 'projects.namespace_id')
        .select(['projects.id as project_id', sql<number>`${sql.lit(levels.owner)}`.as('level')])
        .where('namespaces.owner_id', '=', userId),
    );
}

/** The same for the projects of one runner: a few look-ups, however many projects the user may see. */
export function levelsInProjectsOf(db: Db, runnerId: number, userId: number, now: number) {
  const today = dayOf(now);
  const projects = db
    .selectFrom('runner_projects')
    .innerJoin('projects', 'projects.id', 'runner_projects.project_id')
    .where('runner_projects.runner_id', '=', runnerId);
  return projects
    .innerJoin('members', (join) => join.onRef('members.source_id', '=', 'projects.id').on('members.source', '=', 'project'))
    .select(['projects.id as project_id', 'members.access_level as level'])
    .where('members.user_id', '=', userId)
    .where((where) => where.or([where('members.expires_at', 'is', null), where('members.expires_at', '>', today)]))
    .unionAll(
      projects
        .innerJoin('namespace_ancestors', 'namespace_ancestors.namespace_id', 'projects.namespace_id')
        .innerJoin('members', (join) =>
          join.onRef('members.source_id', '=', 'namespace_ancestors.ancestor_id').on('members.source', '=', 'group'),
        )
        .select(['projects.id as project_id', 'members.access_level as level'])
        .where('members.user_id', '=', userId)
        .where((where) => where.or([where('members.expires_at', 'is', null), where('members.expires_at', '>', today)])),
    )
    .unionAll(
      projects
        .innerJoin('namespaces', 'namespaces.id', 'projects.namespace_id')
        .select(['projects.id as project_id', sql<number>`${sql.lit(levels.owner)}`.as('level')])
        .where('namespaces.owner_id', '=', userId),
    );
}

async function highestProjectLevel(db: Db, userId: number, runnerId: number, now: number): Promise<number> {
  const row = await db
    .selectFrom(levelsInProjectsOf(db, runnerId, userId, now).as('member_of'))
    .select((select) => select.fn.max('member_of.level').as('level'))
    .executeTakeFirst();
  return row?.level ?? levels.none;
}

async function levelInRunnerGroup(db: Db, userId: number, runnerId: number, now: number): Promise<number> {
  const row = await db
    .selectFrom('runner_groups')
    .innerJoin('namespace_ancestors', 'namespace_ancestors.namespace_id', 'runner_groups.group_id')
    .innerJoin('members', (join) =>
      join.onRef('members.source_id', '=', 'namespace_ancestors.ancestor_id').on('members.source', '=', 'group'),
    )
    .select((select) => select.fn.max('members.access_level').as('level'))
    .where('runner_groups.runner_id', '=', runnerId)
    .where('members.user_id', '=', userId)
    .where((where) => where.or([where('members.expires_at', 'is', null), where('members.expires_at', '>', dayOf(now))]))
    .executeTakeFirst();
  return row?.level ?? levels.none;
}

/** Highest level in a project below the runner's group that lets group runners take its jobs (runners API B.4). */
async function highestTreeLevel(db: Db, userId: number, runnerId: number, now: number): Promise<number> {
  const row = await db
    .with('member_of', () => projectLevels(db, userId, now))
    .selectFrom('runner_groups')
    .innerJoin('namespace_ancestors', 'namespace_ancestors.ancestor_id', 'runner_groups.group_id')
    .innerJoin('projects', 'projects.namespace_id', 'namespace_ancestors.namespace_id')
    .innerJoin('member_of', 'member_of.project_id', 'projects.id')
    .select((select) => select.fn.max('member_of.level').as('level'))
    .where('runner_groups.runner_id', '=', runnerId)
    .where('projects.group_runners_enabled', '=', 1)
    .executeTakeFirst();
  return row?.level ?? levels.none;
}
