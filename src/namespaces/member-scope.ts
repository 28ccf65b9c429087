import type { ExpressionBuilder } from 'kysely';
import { levels } from '../access/role.ts';
import type { Actor } from '../access/user.ts';
import type { Tables } from '../db/tables.ts';
import type { Db } from '../db/tx.ts';
import { isoDay } from '../lib/iso-time.ts';

/*
 * Conditions for lists: which groups and projects a user is a member of or may see. They are subqueries, so that a list
 * stays one statement however many memberships there are.
 */

/** Who looks, and when (ms); memberships that ended do not count. */
export interface Viewer {
  actor: Actor | null;
  now: number;
}

/** Memberships of a user that last and have at least `level`. */
function membershipsOf(db: Db, userId: number, now: number, level: number) {
  return db
    .selectFrom('members as m')
    .where('m.user_id', '=', userId)
    .where('m.access_level', '>=', level)
    .where((where) => where.or([where('m.expires_at', 'is', null), where('m.expires_at', '>', isoDay(now))]));
}

/** Ids of groups in which the user has at least `level`, directly or from above. */
export function groupsOf(db: Db, userId: number, now: number, level: number) {
  return membershipsOf(db, userId, now, level)
    .where('m.source', '=', 'group')
    .innerJoin('namespace_ancestors as a', 'a.ancestor_id', 'm.source_id')
    .select('a.namespace_id');
}

/** Ids of groups above the groups and projects in which the user is a member: their names may be seen. */
function groupsAbove(db: Db, userId: number, now: number) {
  const aboveGroups = membershipsOf(db, userId, now, levels.guest)
    .where('m.source', '=', 'group')
    .innerJoin('namespace_ancestors as a', 'a.namespace_id', 'm.source_id')
    .select('a.ancestor_id');
  const aboveProjects = membershipsOf(db, userId, now, levels.guest)
    .where('m.source', '=', 'project')
    .innerJoin('projects as p', 'p.id', 'm.source_id')
    .innerJoin('namespace_ancestors as a', 'a.namespace_id', 'p.namespace_id')
    .select('a.ancestor_id');
  return aboveGroups.union(aboveProjects);
}

/** Whether the user is a member of a group or project below this group. */
export async function isMemberBelow(db: Db, userId: number, groupId: number, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('namespaces')
    .select('id')
    .where('id', '=', groupId)
    .where('id', 'in', groupsAbove(db, userId, now))
    .executeTakeFirst();
  return row !== undefined;
}

/** Visibilities that need no membership. */
function openTo(actor: Actor | null): ('public' | 'internal')[] {
  return actor === null || actor.user.external ? ['public'] : ['public', 'internal'];
}

/** Condition on `namespaces`: groups that the viewer may see. */
export function visibleGroup(db: Db, { actor, now }: Viewer) {
  return (where: ExpressionBuilder<Tables, 'namespaces'>) => {
    if (actor?.user.admin === true) return where.lit(true);
    const open = where('namespaces.visibility', 'in', openTo(actor));
    if (actor === null) return open;
    return where.or([
      open,
      where('namespaces.id', 'in', groupsOf(db, actor.user.id, now, levels.guest)),
      where('namespaces.id', 'in', groupsAbove(db, actor.user.id, now)),
    ]);
  };
}

/** Condition on `namespaces`: groups in which the user has at least `level`. */
export function groupWithLevel(db: Db, userId: number, now: number, level: number) {
  return (where: ExpressionBuilder<Tables, 'namespaces'>) => where('namespaces.id', 'in', groupsOf(db, userId, now, level));
}

/** Condition on `projects`: those in which the user has at least `level`: own, by membership, or from a group above. */
export function projectWithLevel(db: Db, userId: number, now: number, level: number) {
  return (where: ExpressionBuilder<Tables, 'projects'>) =>
    where.or([
      where('projects.namespace_id', 'in', where.selectFrom('namespaces as own').select('own.id').where('own.owner_id', '=', userId)),
      where('projects.id', 'in', membershipsOf(db, userId, now, level).where('m.source', '=', 'project').select('m.source_id')),
      where('projects.namespace_id', 'in', groupsOf(db, userId, now, level)),
    ]);
}

/** Condition on `projects`: those that the viewer may see. */
export function visibleProject(db: Db, { actor, now }: Viewer) {
  return (where: ExpressionBuilder<Tables, 'projects'>) => {
    if (actor?.user.admin === true) return where.lit(true);
    const open = where('projects.visibility', 'in', openTo(actor));
    return actor === null ? open : where.or([open, projectWithLevel(db, actor.user.id, now, levels.guest)(where)]);
  };
}
