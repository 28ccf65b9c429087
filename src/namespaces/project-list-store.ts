import { sql } from 'kysely';
import { levels } from '../access/role.ts';
import { pageRows } from '../access/page-rows.ts';
import { escapeLike } from '../db/dialect.ts';
import type { Db } from '../db/tx.ts';
import type { Page, Rows } from '../http/pagination.ts';
import { projectWithLevel, visibleProject, type Viewer } from './member-scope.ts';
import type { Visibility } from './namespace.ts';
import { toProject } from './project-store.ts';
import type { Project } from './project.ts';

/** What a list of projects is narrowed to; what is undefined does not narrow. Times in ms, exclusive. */
export interface ProjectFilter {
  /** Only projects that this one may see. */
  viewer: Viewer;
  /** Only projects in this namespace, or also in those below it. */
  namespaceId?: number | undefined;
  includeSubgroups?: boolean | undefined;
  /** Only projects in which this user has at least `minLevel`. */
  memberId?: number | undefined;
  minLevel?: number | undefined;
  search?: string | undefined;
  /** Searches full paths, too. */
  searchNamespaces?: boolean | undefined;
  visibility?: Visibility | undefined;
  archived?: boolean | undefined;
  topics?: readonly string[] | undefined;
  idAfter?: number | undefined;
  idBefore?: number | undefined;
  activeAfter?: number | undefined;
  activeBefore?: number | undefined;
}

export interface ProjectOrder {
  by: 'id' | 'name' | 'path' | 'updated_at' | 'last_activity_at';
  direction: 'asc' | 'desc';
}

/** One page of projects. */
export async function listProjects(db: Db, filter: ProjectFilter, order: ProjectOrder, page: Page): Promise<Rows<Project>> {
  let query = narrowed(db, filter);
  // Equal names and times are frequent; the id makes the order whole, and is the order itself for "created_at".
  if (order.by !== 'id') query = query.orderBy(`projects.${order.by}`, order.direction);
  const { rows, total } = await pageRows(db, query.orderBy('projects.id', order.direction), page);
  return { rows: rows.map(toProject), total };
}

/** Up to `limit` projects by id, from the one after `cursor` on (exclusive). */
export async function projectsFromCursor(
  db: Db,
  filter: ProjectFilter,
  direction: 'asc' | 'desc',
  cursor: number | null,
  limit: number,
): Promise<Project[]> {
  let query = narrowed(db, filter);
  if (cursor !== null) query = query.where('projects.id', direction === 'asc' ? '>' : '<', cursor);
  const rows = await query.orderBy('projects.id', direction).limit(limit).execute();
  return rows.map(toProject);
}

function narrowed(db: Db, filter: ProjectFilter) {
  let query = db.selectFrom('projects').selectAll('projects').where(visibleProject(db, filter.viewer));
  if (filter.namespaceId !== undefined) query = query.where('projects.namespace_id', 'in', namespaceScope(db, filter.namespaceId, filter));
  if (filter.memberId !== undefined)
    query = query.where(projectWithLevel(db, filter.memberId, filter.viewer.now, filter.minLevel ?? levels.guest));
  if (filter.search !== undefined && filter.search !== '') {
    const part = `%${escapeLike(filter.search.toLowerCase())}%`;
    const columns = ['name', 'path', 'description', ...(filter.searchNamespaces === true ? ['path_key'] : [])];
    query = query.where((where) =>
      where.or(columns.map((column) => sql<boolean>`lower(${sql.ref(`projects.${column}`)}) like ${part} escape '\\'`)),
    );
  }
  if (filter.visibility !== undefined) query = query.where('projects.visibility', '=', filter.visibility);
  if (filter.archived !== undefined) query = query.where('projects.archived', '=', filter.archived ? 1 : 0);
  for (const topic of filter.topics ?? []) {
    const quoted = `%${escapeLike(JSON.stringify(topic))}%`;
    query = query.where(sql<boolean>`projects.topics like ${quoted} escape '\\'`);
  }
  if (filter.idAfter !== undefined) query = query.where('projects.id', '>', filter.idAfter);
  if (filter.idBefore !== undefined) query = query.where('projects.id', '<', filter.idBefore);
  if (filter.activeAfter !== undefined) query = query.where('projects.last_activity_at', '>', filter.activeAfter);
  if (filter.activeBefore !== undefined) query = query.where('projects.last_activity_at', '<', filter.activeBefore);
  return query;
}

function namespaceScope(db: Db, namespaceId: number, filter: ProjectFilter) {
  const below = db.selectFrom('namespace_ancestors as s').select('s.namespace_id').where('s.ancestor_id', '=', namespaceId);
  return filter.includeSubgroups === true ? below : below.where('s.depth', '=', 0);
}
