import { sql, type SelectQueryBuilder } from 'kysely';
import { levels } from '../access/role.ts';
import { escapeLike } from '../db/dialect.ts';
import type { Tables } from '../db/tables.ts';
import type { Db } from '../db/tx.ts';
import { countedRows, type Page, type Rows } from '../http/pagination.ts';
import { dayOf } from '../namespaces/member-store.ts';
import { projectLevels } from './facts-store.ts';
import { onlineWindow, staleAfter, type Runner, type RunnerType } from './runner.ts';
import { toRunner } from './store.ts';

export const statusFilters = ['active', 'paused', 'online', 'offline', 'never_contacted', 'stale'] as const;
export type StatusFilter = (typeof statusFilters)[number];

/** Which runners a list shows: all conditions that are given must hold. */
export interface RunnerFilter {
  types?: readonly RunnerType[];
  status?: readonly StatusFilter[];
  paused?: boolean;
  /** The runner has all of them. */
  tags?: readonly string[];
  /** Beginning of a manager's version. */
  versionPrefix?: string;
}

/** Whose runners a list is about. */
export type RunnerScope =
  | { kind: 'all' }
  /** Project runners of projects that the user maintains, and group runners of groups that the user owns (runners API A.1). */
  | { kind: 'owned'; userId: number }
  /** What the settings of a project list: its own, those of all groups above, and all instance runners (runners API A.9). */
  | { kind: 'project'; projectId: number; namespaceId: number }
  /** Group runners of a group and of all groups above, and all instance runners (runners API B.2). */
  | { kind: 'group'; groupId: number };

type Query = SelectQueryBuilder<Tables, 'runners', object>;

/** A page of the runners in `scope` that fit, by id. `now` in ms. */
export async function listRunners(db: Db, scope: RunnerScope, filter: RunnerFilter, page: Page, now: number): Promise<Rows<Runner>> {
  const query = filtered(scoped(db, db.selectFrom('runners'), scope, now), filter, now);
  const rows = await query.selectAll('runners').orderBy('runners.id').limit(page.limit).offset(page.offset).execute();
  // A first page that is not full needs no second look.
  const total = page.offset === 0 && rows.length < page.limit ? rows.length : await countUpTo(db, query);
  return { rows: rows.map(toRunner), total };
}

/** Rows of a query, counted no further than the limit above which totals are left out. */
async function countUpTo(db: Db, query: Query): Promise<number> {
  const limited = query.select(sql<number>`1`.as('one')).limit(countedRows + 1);
  const row = await db
    .selectFrom(limited.as('limited'))
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}

function scoped(db: Db, query: Query, scope: RunnerScope, now: number): Query {
  if (scope.kind === 'all') return query;
  if (scope.kind === 'owned') {
    const maintained = db
      .selectFrom('runner_projects')
      .innerJoin(projectLevels(db, scope.userId, now).as('member_of'), 'member_of.project_id', 'runner_projects.project_id')
      .select('runner_projects.runner_id')
      .where('member_of.level', '>=', levels.maintainer);
    const owned = db
      .selectFrom('runner_groups')
      .innerJoin('namespace_ancestors', 'namespace_ancestors.namespace_id', 'runner_groups.group_id')
      .innerJoin('members', (join) =>
        join.onRef('members.source_id', '=', 'namespace_ancestors.ancestor_id').on('members.source', '=', 'group'),
      )
      .select('runner_groups.runner_id')
      .where('members.user_id', '=', scope.userId)
      .where('members.access_level', '>=', levels.owner)
      .where((where) => where.or([where('members.expires_at', 'is', null), where('members.expires_at', '>', dayOf(now))]));
    return query.where('runners.id', 'in', maintained.union(owned));
  }
  const namespaceId = scope.kind === 'project' ? scope.namespaceId : scope.groupId;
  const ofGroups = db
    .selectFrom('runner_groups')
    .innerJoin('namespace_ancestors', 'namespace_ancestors.ancestor_id', 'runner_groups.group_id')
    .select('runner_groups.runner_id')
    .where('namespace_ancestors.namespace_id', '=', namespaceId);
  const own =
    scope.kind === 'project'
      ? ofGroups.unionAll(db.selectFrom('runner_projects').select('runner_id').where('project_id', '=', scope.projectId))
      : ofGroups;
  return query.where((where) => where.or([where('runners.type', '=', 'instance_type'), where('runners.id', 'in', own)]));
}

function filtered(query: Query, filter: RunnerFilter, now: number): Query {
  let result = query;
  if (filter.types !== undefined)
    result = filter.types.length === 0 ? result.where(sql<boolean>`1 = 0`) : result.where('runners.type', 'in', [...filter.types]);
  if (filter.paused !== undefined) result = result.where('runners.active', '=', filter.paused ? 0 : 1);
  for (const status of filter.status ?? []) result = withStatus(result, status, now);
  for (const tag of filter.tags ?? []) {
    result = result.where('runners.id', 'in', (from) => from.selectFrom('runner_tags').select('runner_id').where('tag', '=', tag));
  }
  const { versionPrefix } = filter;
  if (versionPrefix !== undefined) {
    const pattern = `${escapeLike(versionPrefix)}%`;
    result = result.where('runners.id', 'in', (from) =>
      from
        .selectFrom('runner_managers')
        .select('runner_id')
        .where(sql<boolean>`version like ${pattern} escape '\\'`),
    );
  }
  return result;
}

/** The values of `status` select by other rules than those of the status that is shown (runners API A.7, D18). */
function withStatus(query: Query, status: StatusFilter, now: number): Query {
  if (status === 'active' || status === 'paused') return query.where('runners.active', '=', status === 'active' ? 1 : 0);
  if (status === 'never_contacted') return query.where('runners.contacted_at', 'is', null);
  if (status === 'online') return query.where('runners.contacted_at', '>', now - onlineWindow);
  if (status === 'offline') return query.where('runners.contacted_at', '<=', now - onlineWindow);
  return query
    .where('runners.created_at', '<=', now - staleAfter)
    .where((where) => where.or([where('runners.contacted_at', 'is', null), where('runners.contacted_at', '<=', now - staleAfter)]));
}
