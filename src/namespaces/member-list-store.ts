import { sql } from 'kysely';
import { levels } from '../access/role.ts';
import { pageRows } from '../access/page-rows.ts';
import { toUser } from '../access/store.ts';
import type { User } from '../access/user.ts';
import { escapeLike } from '../db/dialect.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { Page, Rows } from '../http/pagination.ts';
import { isoDay } from '../lib/iso-time.ts';
import type { Place } from './place.ts';

/** A membership with its user. */
export interface Member {
  user: User;
  accessLevel: number;
  /** `YYYY-MM-DD`, or null. */
  expiresAt: string | null;
  createdAt: number;
  createdBy: number | null;
}

export interface MemberFilter {
  place: Place;
  /** Also memberships from the groups above; each user once, with the highest level. */
  inherited: boolean;
  /** ms. */
  now: number;
  userIds?: readonly number[] | undefined;
  /** Part of the name or username. */
  query?: string | undefined;
}

/** One page of members, by the id of the user. */
export async function listMembers(db: Db, filter: MemberFilter, page: Page): Promise<Rows<Member>> {
  let query = members(db, filter);
  if (filter.query !== undefined && filter.query !== '') {
    const part = `%${escapeLike(filter.query.toLowerCase())}%`;
    query = query.where((where) =>
      where.or([sql<boolean>`lower(users.name) like ${part} escape '\\'`, sql<boolean>`lower(users.username) like ${part} escape '\\'`]),
    );
  }
  if (filter.userIds !== undefined && filter.userIds.length > 0)
    query = query.where('users.id', 'in', [0, ...filter.userIds.filter(Number.isSafeInteger)]);
  const { rows, total } = await pageRows(db, query.orderBy('users.id'), page);
  return { rows: rows.map(toMember), total };
}

/** The membership of one user, or null. */
export async function findMember(db: Db, filter: MemberFilter, userId: number): Promise<Member | null> {
  if (!Number.isSafeInteger(userId)) return null;
  const row = await members(db, filter).where('users.id', '=', userId).executeTakeFirst();
  return row === undefined ? null : toMember(row);
}

type MemberColumns = {
  id: number;
  username: string;
  name: string;
  email: string;
  state: string;
  admin: number;
  external: number;
  password_hash: string | null;
  created_at: number;
  updated_at: number;
  access_level: number;
  expires_at: string | null;
  member_since: number;
  created_by: number | null;
};

function toMember(row: MemberColumns): Member {
  return {
    user: toUser(row),
    accessLevel: row.access_level,
    expiresAt: row.expires_at,
    createdAt: row.member_since,
    createdBy: row.created_by,
  };
}

/** Memberships that last, each user once: the highest level counts, of equal ones the nearest. */
function members(db: Db, { place, inherited, now }: MemberFilter) {
  const ranked = db
    .selectFrom('members')
    .select(['members.user_id', 'members.access_level', 'members.expires_at', 'members.created_at as member_since', 'members.created_by'])
    .select(sql<number>`row_number() over (partition by members.user_id order by members.access_level desc, members.id)`.as('place'))
    .where((where) => where.or([where('members.expires_at', 'is', null), where('members.expires_at', '>', isoDay(now))]))
    .where((where) =>
      where.or([
        where.and([where('members.source', '=', place.kind), where('members.source_id', '=', place.id)]),
        ...(inherited
          ? [
              where.and([
                where('members.source', '=', 'group'),
                where(
                  'members.source_id',
                  'in',
                  where.selectFrom('namespace_ancestors').select('ancestor_id').where('namespace_id', '=', place.namespaceId),
                ),
              ]),
            ]
          : []),
      ]),
    );
  return db
    .selectFrom(ranked.as('ranked'))
    .innerJoin('users', 'users.id', 'ranked.user_id')
    .selectAll('users')
    .select(['ranked.access_level', 'ranked.expires_at', 'ranked.member_since', 'ranked.created_by'])
    .where('ranked.place', '=', 1);
}

/** Highest level that a user has in a place from the groups above it, and the group that gives it; null without one. */
export async function inheritedLevel(
  db: Db,
  place: Place,
  userId: number,
  now: number,
): Promise<{ level: number; groupName: string } | null> {
  const row = await db
    .selectFrom('members')
    .innerJoin('namespace_ancestors', 'ancestor_id', 'source_id')
    .innerJoin('namespaces', 'namespaces.id', 'ancestor_id')
    .select(['access_level', 'namespaces.name'])
    .where('source', '=', 'group')
    .where('user_id', '=', userId)
    .where('namespace_id', '=', place.namespaceId)
    .where('source_id', '!=', place.kind === 'group' ? place.id : 0)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', isoDay(now))]))
    .orderBy('access_level', 'desc')
    .executeTakeFirst();
  return row === undefined ? null : { level: row.access_level, groupName: row.name };
}

/** Whether a group has an owner other than this user, itself or from above. */
export async function hasOtherOwner(db: Db, place: Place, userId: number, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('members')
    .innerJoin('namespace_ancestors', 'ancestor_id', 'source_id')
    .select('members.id')
    .where('source', '=', 'group')
    .where('namespace_id', '=', place.namespaceId)
    .where('access_level', '=', levels.owner)
    .where('user_id', '!=', userId)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', isoDay(now))]))
    .executeTakeFirst();
  return row !== undefined;
}

/** Changes a direct membership. */
export async function updateMember(
  tx: Tx,
  place: Place,
  userId: number,
  change: { accessLevel: number; expiresAt: string | null },
): Promise<void> {
  await tx
    .updateTable('members')
    .set({ access_level: change.accessLevel, expires_at: change.expiresAt })
    .where('source', '=', place.kind)
    .where('source_id', '=', place.id)
    .where('user_id', '=', userId)
    .execute();
}

/** Ends a direct membership; false when there was none. */
export async function deleteMember(tx: Tx, place: Place, userId: number): Promise<boolean> {
  const result = await tx
    .deleteFrom('members')
    .where('source', '=', place.kind)
    .where('source_id', '=', place.id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
