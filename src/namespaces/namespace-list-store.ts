import { sql } from 'kysely';
import { levels } from '../access/role.ts';
import { pageRows } from '../access/page-rows.ts';
import type { User } from '../access/user.ts';
import { escapeLike } from '../db/dialect.ts';
import type { Db } from '../db/tx.ts';
import type { Page, Rows } from '../http/pagination.ts';
import { groupsOf } from './member-scope.ts';
import type { Namespace } from './namespace.ts';
import { toNamespace } from './namespace-store.ts';

/** What a list of namespaces is narrowed to. */
export interface NamespaceFilter {
  /** Whose: the own one and the groups of membership; administrators get all. */
  user: User;
  /** ms. */
  now: number;
  search?: string | undefined;
  ownedOnly?: boolean | undefined;
  topLevelOnly?: boolean | undefined;
}

/** One page of namespaces, by full path. */
export async function listNamespaces(db: Db, filter: NamespaceFilter, page: Page): Promise<Rows<Namespace>> {
  const { user, now } = filter;
  let query = db.selectFrom('namespaces').selectAll();
  if (!user.admin || filter.ownedOnly === true) {
    const level = filter.ownedOnly === true ? levels.owner : levels.guest;
    query = query.where((where) => where.or([where('owner_id', '=', user.id), where('id', 'in', groupsOf(db, user.id, now, level))]));
  }
  if (filter.topLevelOnly === true) query = query.where('parent_id', 'is', null);
  if (filter.search !== undefined && filter.search !== '') {
    const part = `%${escapeLike(filter.search.toLowerCase())}%`;
    query = query.where((where) =>
      where.or([sql<boolean>`path_key like ${part} escape '\\'`, sql<boolean>`lower(name) like ${part} escape '\\'`]),
    );
  }
  const { rows, total } = await pageRows(db, query.orderBy('path_key'), page);
  return { rows: rows.map(toNamespace), total };
}
