import { levels } from '../access/role.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { Project } from './project.ts';

/** `YYYY-MM-DD` of a time in ms, in UTC: memberships and tokens end with days. */
export function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}

/**
 * Highest access level of a user in a project: own membership, one inherited from a group above, or 50 in the user's own
 * namespace; 0 for none. Memberships that ended do not count.
 */
export async function levelInProject(db: Db, userId: number, project: Project, now: number): Promise<number> {
  const row = await db
    .selectFrom('members')
    .select((select) => select.fn.max('access_level').as('level'))
    .where('user_id', '=', userId)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', dayOf(now))]))
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
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', dayOf(now))]))
    .executeTakeFirst();
  return row?.level ?? 0;
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
