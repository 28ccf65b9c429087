import { levels } from '../access/role.ts';
import type { Db, Tx } from '../db/tx.ts';
import { isoDay } from '../lib/iso-time.ts';
import type { Project } from './project.ts';

/** `YYYY-MM-DD` of a time in ms, in UTC: memberships and tokens end with days. */
export const dayOf = isoDay;

/**
 * Highest access level of a user in a project: own membership, one inherited from a group above, or 50 in the user's own
 * namespace; 0 for none. Memberships that ended do not count.
 */
export async function levelInProject(db: Db, userId: number, project: Project, now: number): Promise<number> {
  const row = await db
    .selectFrom('members')
    .select((select) => select.fn.max('access_level').as('level'))
    .where('user_id', '=', userId)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', isoDay(now))]))
    .where((where) =>
      where.or([
        where.and([where('source', '=', 'project'), where('source_id', '=', project.id)]),
        where.and([
          where('source', '=', 'group'),
          where(
            'source_id',
            'in',
            where.selectFrom('namespace_ancestors').select('ancestor_id').where('namespace_id', '=', project.namespaceId),
          ),
        ]),
      ]),
    )
    .executeTakeFirst();
  if (row?.level === levels.owner) return levels.owner;
  const own = await db.selectFrom('namespaces').select('owner_id').where('id', '=', project.namespaceId).executeTakeFirst();
  return own?.owner_id === userId ? levels.owner : (row?.level ?? 0);
}

/** Highest access level of a user in a group, own or inherited from above; 0 for none. */
export async function levelInGroup(db: Db, userId: number, groupId: number, now: number): Promise<number> {
  const row = await db
    .selectFrom('members')
    .select((select) => select.fn.max('access_level').as('level'))
    .where('user_id', '=', userId)
    .where('source', '=', 'group')
    .where('source_id', 'in', (from) => from.selectFrom('namespace_ancestors').select('ancestor_id').where('namespace_id', '=', groupId))
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', isoDay(now))]))
    .executeTakeFirst();
  return row?.level ?? 0;
}

/** Levels that a user has in projects, by the project's id: from the project itself and from the groups above; null for none. */
export async function accessTo(
  db: Db,
  userId: number,
  projects: readonly Project[],
  now: number,
): Promise<Map<number, { project: number | null; group: number | null }>> {
  if (projects.length === 0) return new Map();
  const direct = await db
    .selectFrom('members')
    .select(['source_id', 'access_level'])
    .where('source', '=', 'project')
    .where('user_id', '=', userId)
    .where(
      'source_id',
      'in',
      projects.map((project) => project.id),
    )
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', isoDay(now))]))
    .execute();
  const inherited = await db
    .selectFrom('members')
    .innerJoin('namespace_ancestors', 'ancestor_id', 'source_id')
    .select((select) => ['namespace_id', select.fn.max('access_level').as('level')])
    .where('source', '=', 'group')
    .where('user_id', '=', userId)
    .where('namespace_id', 'in', [...new Set(projects.map((project) => project.namespaceId))])
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', isoDay(now))]))
    .groupBy('namespace_id')
    .execute();
  const byProject = new Map(direct.map((row) => [row.source_id, row.access_level]));
  const byNamespace = new Map(inherited.map((row) => [row.namespace_id, row.level]));
  return new Map(
    projects.map(({ id, namespaceId }) => [id, { project: byProject.get(id) ?? null, group: byNamespace.get(namespaceId) ?? null }]),
  );
}

export interface NewMember {
  source: 'group' | 'project';
  sourceId: number;
  userId: number;
  accessLevel: number;
  /** `YYYY-MM-DD`, or null. */
  expiresAt: string | null;
  createdBy: number | null;
}

/** Adds a membership; a second one of the same user violates a unique index. */
export async function insertMember(tx: Tx, member: NewMember, now: number): Promise<void> {
  await tx
    .insertInto('members')
    .values({
      source: member.source,
      source_id: member.sourceId,
      user_id: member.userId,
      access_level: member.accessLevel,
      expires_at: member.expiresAt,
      created_by: member.createdBy,
      created_at: now,
    })
    .execute();
}
