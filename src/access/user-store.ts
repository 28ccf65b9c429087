import { sql } from 'kysely';
import { escapeLike } from '../db/dialect.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { Page, Rows } from '../http/pagination.ts';
import { pageRows } from './page-rows.ts';
import { toUser } from './store.ts';
import type { User } from './user.ts';

/** What a list of users is narrowed to; what is undefined does not narrow. */
export interface UserFilter {
  username?: string | undefined;
  /** Part of a name, or a whole address with `searchesEmail`. */
  search?: string | undefined;
  searchesEmail?: boolean | undefined;
  state?: User['state'] | undefined;
  admin?: boolean | undefined;
  external?: boolean | undefined;
  /** Times in ms, both exclusive. */
  createdAfter?: number | undefined;
  createdBefore?: number | undefined;
}

export interface UserOrder {
  by: 'id' | 'name' | 'username' | 'created_at' | 'updated_at';
  direction: 'asc' | 'desc';
}

/** One page of users. */
export async function listUsers(db: Db, filter: UserFilter, order: UserOrder, page: Page): Promise<Rows<User>> {
  const { username, search, state, admin, external, createdAfter, createdBefore } = filter;
  let query = db.selectFrom('users').selectAll();
  if (username !== undefined) query = query.where(sql<string>`lower(username)`, '=', username.toLowerCase());
  if (search !== undefined && search !== '') {
    const text = search.toLowerCase();
    const part = `%${escapeLike(text)}%`;
    query = query.where((where) =>
      where.or([
        sql<boolean>`lower(username) like ${part} escape '\\'`,
        sql<boolean>`lower(name) like ${part} escape '\\'`,
        ...(filter.searchesEmail === true ? [where(sql<string>`lower(email)`, '=', text)] : []),
      ]),
    );
  }
  if (state !== undefined) query = query.where('state', '=', state);
  if (admin !== undefined) query = query.where('admin', '=', admin ? 1 : 0);
  if (external !== undefined) query = query.where('external', '=', external ? 1 : 0);
  if (createdAfter !== undefined) query = query.where('created_at', '>', createdAfter);
  if (createdBefore !== undefined) query = query.where('created_at', '<', createdBefore);
  const { rows, total } = await pageRows(db, query.orderBy(order.by, order.direction).orderBy('id', order.direction), page);
  return { rows: rows.map(toUser), total };
}

/** The user of this name in any case, or null. */
export async function findUserByName(db: Db, username: string): Promise<User | null> {
  const row = await db
    .selectFrom('users')
    .selectAll()
    .where(sql<string>`lower(username)`, '=', username.toLowerCase())
    .executeTakeFirst();
  return row === undefined ? null : toUser(row);
}

/** Whether another user than `exceptId` has this address, in any case. */
export async function isEmailTaken(db: Db, email: string, exceptId = 0): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where(sql<string>`lower(email)`, '=', email.toLowerCase())
    .where('id', '!=', exceptId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether there is an active administrator besides `userId`: without any nobody could ever make another one. */
export async function hasOtherAdmin(db: Db, userId: number): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('admin', '=', 1)
    .where('state', '=', 'active')
    .where('id', '!=', userId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Keeps others from demoting, blocking or removing an administrator until the commit: each of two could take the other
 * for the one who stays. Comes before `lockUser`, so that all take their locks in the same order.
 */
export async function lockAdmins(tx: Tx): Promise<void> {
  await tx.dialect.lockRows(tx.selectFrom('users').select('id').where('admin', '=', 1).orderBy('id')).execute();
}

/** Reads a user for a change that others must not overtake; null when it is gone. */
export async function lockUser(tx: Tx, id: number): Promise<User | null> {
  if (!Number.isSafeInteger(id)) return null;
  const row = await tx.dialect.lockRows(tx.selectFrom('users').selectAll().where('id', '=', id)).executeTakeFirst();
  return row === undefined ? null : toUser(row);
}

/** Writes what can change of a user, and a new password where one is given. */
export async function saveUser(tx: Tx, user: User, passwordHash: string | null, now: number): Promise<User> {
  const row = await tx
    .updateTable('users')
    .set({
      username: user.username,
      name: user.name,
      email: user.email,
      state: user.state,
      admin: user.admin ? 1 : 0,
      external: user.external ? 1 : 0,
      updated_at: now,
      ...(passwordHash === null ? {} : { password_hash: passwordHash }),
    })
    .where('id', '=', user.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toUser(row);
}

/** Removes a user and all its tokens. */
export async function deleteUserRow(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('personal_access_tokens').where('user_id', '=', id).execute();
  await tx.deleteFrom('users').where('id', '=', id).execute();
}
