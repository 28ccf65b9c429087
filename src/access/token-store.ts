import { sql } from 'kysely';
import { escapeLike } from '../db/dialect.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { Page, Rows } from '../http/pagination.ts';
import { isoDay } from '../lib/iso-time.ts';
import { pageRows } from './page-rows.ts';
import { toToken } from './store.ts';
import type { PersonalAccessToken } from './user.ts';

/** What a list of tokens is narrowed to; what is undefined does not narrow. Times in ms, exclusive; days `YYYY-MM-DD`. */
export interface TokenFilter {
  userId?: number | undefined;
  impersonation?: boolean | undefined;
  revoked?: boolean | undefined;
  /** `active`: neither revoked nor expired at `now`. */
  state?: 'active' | 'inactive' | 'all' | undefined;
  now: number;
  search?: string | undefined;
  createdAfter?: number | undefined;
  createdBefore?: number | undefined;
  lastUsedAfter?: number | undefined;
  lastUsedBefore?: number | undefined;
  expiresAfter?: string | undefined;
  expiresBefore?: string | undefined;
}

export interface TokenOrder {
  by: 'id' | 'created_at' | 'expires_at' | 'last_used_at' | 'name';
  direction: 'asc' | 'desc';
}

/** One page of tokens, dead ones included unless filtered out. */
export async function listTokens(db: Db, filter: TokenFilter, order: TokenOrder, page: Page): Promise<Rows<PersonalAccessToken>> {
  const query = narrowed(db, filter).orderBy(order.by, order.direction).orderBy('id', order.direction);
  const { rows, total } = await pageRows(db, query, page);
  return { rows: rows.map(toToken), total };
}

function narrowed(db: Db, filter: TokenFilter) {
  let query = db.selectFrom('personal_access_tokens').selectAll();
  if (filter.userId !== undefined) query = query.where('user_id', '=', filter.userId);
  if (filter.impersonation !== undefined) query = query.where('impersonation', '=', filter.impersonation ? 1 : 0);
  if (filter.revoked !== undefined) query = query.where('revoked', '=', filter.revoked ? 1 : 0);
  if (filter.search !== undefined && filter.search !== '')
    query = query.where(sql<boolean>`lower(name) like ${`%${escapeLike(filter.search.toLowerCase())}%`} escape '\\'`);
  if (filter.createdAfter !== undefined) query = query.where('created_at', '>', filter.createdAfter);
  if (filter.createdBefore !== undefined) query = query.where('created_at', '<', filter.createdBefore);
  if (filter.lastUsedAfter !== undefined) query = query.where('last_used_at', '>', filter.lastUsedAfter);
  if (filter.lastUsedBefore !== undefined) query = query.where('last_used_at', '<', filter.lastUsedBefore);
  if (filter.expiresAfter !== undefined) query = query.where('expires_at', '>=', filter.expiresAfter);
  if (filter.expiresBefore !== undefined) query = query.where('expires_at', '<', filter.expiresBefore);
  if (filter.state === undefined || filter.state === 'all') return query;
  const today = isoDay(filter.now);
  if (filter.state === 'active')
    return query.where('revoked', '=', 0).where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', today)]));
  return query.where((where) => where.or([where('revoked', '=', 1), where('expires_at', '<=', today)]));
}

/** The token with this id, or null. */
export async function findToken(db: Db, id: number): Promise<PersonalAccessToken | null> {
  if (!Number.isSafeInteger(id)) return null;
  const row = await db.selectFrom('personal_access_tokens').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toToken(row);
}

/** Kills a token; false when it was dead already or is gone. */
export async function revokeTokenRow(tx: Tx, id: number): Promise<boolean> {
  const result = await tx
    .updateTable('personal_access_tokens')
    .set({ revoked: 1 })
    .where('id', '=', id)
    .where('revoked', '=', 0)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
