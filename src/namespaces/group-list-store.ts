import { sql } from 'kysely';
import { pageRows } from '../access/page-rows.ts';
import { escapeLike } from '../db/dialect.ts';
import type { Db } from '../db/tx.ts';
import type { Page, Rows } from '../http/pagination.ts';
import { groupWithLevel, visibleGroup, type Viewer } from './member-scope.ts';
import type { Namespace, Visibility } from './namespace.ts';
import { toNamespace } from './namespace-store.ts';

/** What a list of groups is narrowed to; what is undefined does not narrow. */
export interface GroupFilter {
  /** Only groups that this one may see. */
  viewer: Viewer;
  /** Only groups directly below this one, or anywhere below it. */
  parentId?: number | undefined;
  descendants?: boolean | undefined;
  topLevelOnly?: boolean | undefined;
  /** Only groups in which this user has at least `minLevel`. */
  memberId?: number | undefined;
  minLevel?: number | undefined;
  search?: string | undefined;
  visibility?: Visibility | undefined;
  skip?: readonly number[] | undefined;
}

export interface GroupOrder {
  by: 'id' | 'name' | 'path';
  direction: 'asc' | 'desc';
}

/** One page of groups. */
export async function listGroups(db: Db, filter: GroupFilter, order: GroupOrder, page: Page): Promise<Rows<Namespace>> {
  const ordered = narrowed(db, filter).orderBy(`namespaces.${order.by}`, order.direction).orderBy('namespaces.id', order.direction);
  const { rows, total } = await pageRows(db, ordered, page);
  return { rows: rows.map(toNamespace), total };
}

function narrowed(db: Db, filter: GroupFilter) {
  const { parentId, memberId, skip } = filter;
  let query = db
    .selectFrom('namespaces')
    .selectAll('namespaces')
    .where('namespaces.kind', '=', 'group')
    .where(visibleGroup(db, filter.viewer));
  if (parentId !== undefined)
    query =
      filter.descendants === true
        ? query.where('namespaces.id', 'in', (from) =>
            from
              .selectFrom('namespace_ancestors as s')
              .select('s.namespace_id')
              .where('s.ancestor_id', '=', parentId)
              .where('s.depth', '>', 0),
          )
        : query.where('namespaces.parent_id', '=', parentId);
  if (filter.topLevelOnly === true) query = query.where('namespaces.parent_id', 'is', null);
  if (memberId !== undefined) query = query.where(groupWithLevel(db, memberId, filter.viewer.now, filter.minLevel ?? 0));
  if (filter.search !== undefined && filter.search !== '') {
    const part = `%${escapeLike(filter.search.toLowerCase())}%`;
    query = query.where((where) =>
      where.or([
        sql<boolean>`lower(namespaces.name) like ${part} escape '\\'`,
        sql<boolean>`lower(namespaces.path) like ${part} escape '\\'`,
      ]),
    );
  }
  if (filter.visibility !== undefined) query = query.where('namespaces.visibility', '=', filter.visibility);
  if (skip !== undefined && skip.length > 0) query = query.where('namespaces.id', 'not in', skip);
  return query;
}
