import type { Selectable } from 'kysely';
import type { PersonalAccessTokenRow, UserRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import { tokenDigest } from '../lib/ids.ts';
import type { PersonalAccessToken, User } from './user.ts';

/** Row → user. */
export function toUser(row: Selectable<UserRow>): User {
  return {
    id: row.id,
    username: row.username,
    name: row.name,
    email: row.email,
    state: row.state === 'blocked' ? 'blocked' : 'active',
    admin: row.admin === 1,
    external: row.external === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Row → token. */
export function toToken(row: Selectable<PersonalAccessTokenRow>): PersonalAccessToken {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    description: row.description,
    scopes: JSON.parse(row.scopes) as string[],
    impersonation: row.impersonation === 1,
    revoked: row.revoked === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}

/** The user with this id, or null. */
export async function findUser(db: Db, id: number): Promise<User | null> {
  if (!Number.isSafeInteger(id)) return null;
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toUser(row);
}

/** Users by id, for presenters that show many. */
export async function usersById(db: Db, ids: readonly number[]): Promise<Map<number, User>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('users')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, toUser(row)]));
}

/** The token with this secret and its user, dead ones included; null for one that was never given out. */
export async function findTokenBySecret(db: Db, secret: string): Promise<{ token: PersonalAccessToken; user: User } | null> {
  const row = await db.selectFrom('personal_access_tokens').selectAll().where('digest', '=', tokenDigest(secret)).executeTakeFirst();
  if (row === undefined) return null;
  const user = await findUser(db, row.user_id);
  return user === null ? null : { token: toToken(row), user };
}

export interface NewUser {
  username: string;
  name: string;
  email: string;
  admin: boolean;
  external: boolean;
  passwordHash: string | null;
}

/** Adds a user and gives the row back; a name or address that is taken violates a unique index. */
export async function insertUser(tx: Tx, user: NewUser, now: number): Promise<User> {
  const row = await tx
    .insertInto('users')
    .values({
      username: user.username,
      name: user.name,
      email: user.email,
      state: 'active',
      admin: user.admin ? 1 : 0,
      external: user.external ? 1 : 0,
      password_hash: user.passwordHash,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toUser(row);
}

export interface NewToken {
  userId: number;
  name: string;
  description: string | null;
  scopes: readonly string[];
  impersonation: boolean;
  expiresAt: string | null;
}

/** Adds a personal access token with the given secret, of which only a digest is kept. */
export async function insertToken(tx: Tx, token: NewToken, secret: string, now: number): Promise<PersonalAccessToken> {
  const row = await tx
    .insertInto('personal_access_tokens')
    .values({
      user_id: token.userId,
      name: token.name,
      description: token.description,
      scopes: JSON.stringify(token.scopes),
      digest: tokenDigest(secret),
      impersonation: token.impersonation ? 1 : 0,
      revoked: 0,
      created_at: now,
      expires_at: token.expiresAt,
      last_used_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toToken(row);
}

/** Notes that a token was used at `now`. */
export async function touchToken(tx: Tx, id: number, now: number): Promise<void> {
  await tx.updateTable('personal_access_tokens').set({ last_used_at: now }).where('id', '=', id).execute();
}
