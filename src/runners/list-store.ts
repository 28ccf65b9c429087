import { sql, type RawBuilder, type SelectQueryBuilder } from 'kysely';
import { levels } from '../access/role.ts';
import { escapeLike } from '../db/dialect.ts';
import type { Tables } from '../db/tables.ts';
import type { Db } from '../db/tx.ts';
import { countedRows, type Page, type Rows } from '../http/pagination.ts';
import { dayOf } from '../namespaces/member-store.ts';
import { ancestorIds } from '../namespaces/namespace-store.ts';
import { projectLevels } from './facts-store.ts';
import { onlineWindow, runnerTypes, staleAfter, type Runner, type RunnerType } from './runner.ts';
import { toRunner } from './store.ts';
import { versionsWithPrefix } from './version-store.ts';

/*
 * Lists of runners, by id. A list is read as one part for each type of runner, because each type belongs to a list for a reason of its
 * own; every part walks the index `runners_list`, which holds all that the filters look at, and stops when the page is full. What a
 * part must be in besides (a project, a tag) is looked up for each runner on the way when many are in it, and walked instead of the
 * index when they are few. Measured with 100,000 runners on both engines: a few milliseconds where many fit, some tens at worst.
 */

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
type RunnerIds = SelectQueryBuilder<Tables, never, { runner_id: number }>;

/** Runners that are among others, in two forms: a walk through those others, and a look-up for one runner. */
interface Membership {
  ids: RunnerIds;
  /** Condition that the runner at hand is among them. */
  holds: RawBuilder<boolean>;
}

/** One part of a list, as a page of it is read best and as it is counted best. */
interface Part {
  page: Query;
  count: Query;
}

/** A page of the runners in `scope` that fit, by id. The total is null when it is above 10,000 and costly. `now` in ms. */
export async function listRunners(db: Db, scope: RunnerScope, filter: RunnerFilter, page: Page, now: number): Promise<Rows<Runner>> {
  const parts = await partsOf(db, scope, filter, now);
  const last = page.offset + page.limit;
  const [ids, ...others] = parts.map((part) =>
    db.selectFrom(part.page.select('runners.id').orderBy('runners.id').limit(last).as('part')).select('part.id'),
  );
  if (ids === undefined) return { rows: [], total: 0 };
  // The ids alone are sorted and skipped; of the rows, which are wide, only those of the page are read.
  const onPage = db
    .selectFrom(others.reduce((one, other) => one.unionAll(other), ids).as('ids'))
    .select('ids.id')
    .orderBy('ids.id')
    .limit(page.limit)
    .offset(page.offset);
  const rows = await db.selectFrom('runners').selectAll().where('id', 'in', onPage).orderBy('id').execute();
  // A first page that is not full needs no second look.
  const total = page.offset === 0 && rows.length < page.limit ? rows.length : await countRows(db, parts, isCheapToCount(scope, filter));
  return { rows: rows.map(toRunner), total };
}

/** Whether the total is told however large it is, because the index alone tells it (runners API R19). */
function isCheapToCount(scope: RunnerScope, filter: RunnerFilter): boolean {
  return scope.kind !== 'owned' && (filter.tags ?? []).length === 0 && filter.versionPrefix === undefined;
}

async function countRows(db: Db, parts: readonly Part[], exactly: boolean): Promise<number | null> {
  let total = 0;
  for (const part of parts) {
    const ids = part.count.select('runners.id');
    total += await countOf(db, exactly ? ids : ids.limit(countedRows + 1));
    if (!exactly && total > countedRows) return null;
  }
  return total;
}

async function countOf(db: Db, query: SelectQueryBuilder<Tables, never, object>): Promise<number> {
  const { count } = await db
    .selectFrom(query.as('counted'))
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** The parts of a list, none for types that cannot be in it. */
async function partsOf(db: Db, scope: RunnerScope, filter: RunnerFilter, now: number): Promise<Part[]> {
  const versions = filter.versionPrefix === undefined ? null : await versionsWithPrefix(db, filter.versionPrefix);
  const tagSets = filter.tags === undefined || filter.tags.length === 0 ? null : await tagSetsWith(db, filter.tags);
  if (versions?.length === 0 || tagSets?.length === 0) return [];
  const parts: Part[] = [];
  for (const type of filter.types ?? runnerTypes) {
    const members = await membersOf(db, scope, type, now);
    if (members === 'none') continue;
    let query = withFlags(db.selectFrom('runners').where('runners.type', '=', type), filter, now);
    if (tagSets !== null) query = query.where(db.dialect.isOneOf(sql.ref('runners.tag_set_id'), tagSets));
    let part: Part = { page: query, count: query };
    if (members !== 'all') part = await among(db, part, members);
    if (versions !== null) part = await among(db, part, withVersions(db, versions));
    parts.push(part);
  }
  return parts;
}

/** Ids of the sets that have all of these tags. */
async function tagSetsWith(db: Db, tags: readonly string[]): Promise<number[]> {
  let query = db.selectFrom('tag_sets').select(['id', 'tags']);
  // Not all of a long list: the engines bound how deep a condition may be.
  for (const tag of tags.slice(0, 20)) {
    const pattern = `%${escapeLike(JSON.stringify(tag))}%`;
    query = query.where(sql<boolean>`tags like ${pattern} escape '\\'`);
  }
  const rows = await query.execute();
  // The engine finds a little too much: one of them does not tell capitals, and a quotation mark in a tag looks like the end of it.
  return rows.filter((row) => isSuperset(JSON.parse(row.tags) as string[], tags)).map((row) => row.id);
}

function isSuperset(all: readonly string[], some: readonly string[]): boolean {
  return some.every((one) => all.includes(one));
}

/** From so many rows on, one is met often enough on a walk through the index: for a page, and for the 10,000 that are counted. */
const enoughForPage = 1000;
const enoughForCount = 20_000;

async function among(db: Db, part: Part, { ids, holds }: Membership): Promise<Part> {
  const size = await countOf(db, ids.limit(enoughForCount));
  return {
    page: size < enoughForPage ? part.page.where('runners.id', 'in', ids) : part.page.where(holds),
    count: size < enoughForCount ? part.count.where('runners.id', 'in', ids) : part.count.where(holds),
  };
}

/** The runners of a type that belong to a list. */
async function membersOf(db: Db, scope: RunnerScope, type: RunnerType, now: number): Promise<Membership | 'all' | 'none'> {
  if (scope.kind === 'all') return 'all';
  if (type === 'instance_type') return scope.kind === 'owned' ? 'none' : 'all';
  if (type === 'group_type') return ofGroups(db, await groupsOf(db, scope, now));
  if (scope.kind === 'group') return 'none';
  return ofProjects(db, scope.kind === 'project' ? [scope.projectId] : await maintainedProjects(db, scope.userId, now));
}

/** Groups whose runners are in a list: those above, or those that the user owns directly or from above. */
async function groupsOf(db: Db, scope: Exclude<RunnerScope, { kind: 'all' }>, now: number): Promise<number[]> {
  if (scope.kind !== 'owned') return ancestorIds(db, scope.kind === 'project' ? scope.namespaceId : scope.groupId);
  const rows = await db
    .selectFrom('namespace_ancestors')
    .innerJoin('members', 'members.source_id', 'namespace_ancestors.ancestor_id')
    .select('namespace_ancestors.namespace_id as id')
    .distinct()
    .where('members.source', '=', 'group')
    .where('members.user_id', '=', scope.userId)
    .where('members.access_level', '>=', levels.owner)
    .where((where) => where.or([where('members.expires_at', 'is', null), where('members.expires_at', '>', dayOf(now))]))
    .execute();
  return rows.map((row) => row.id);
}

async function maintainedProjects(db: Db, userId: number, now: number): Promise<number[]> {
  const rows = await db
    .selectFrom(projectLevels(db, userId, now).as('member_of'))
    .select('member_of.project_id as id')
    .distinct()
    .where('member_of.level', '>=', levels.maintainer)
    .execute();
  return rows.map((row) => row.id);
}

/*
 * In the look-ups, "+ 0" and "|| ''" keep the engine from using the index that begins with the column: it would try every project, group
 * or version for every runner, instead of the one or two that the runner has.
 */

function ofProjects(db: Db, projectIds: readonly number[]): Membership {
  return {
    ids: db
      .selectFrom('runner_projects')
      .select('runner_id')
      .where(db.dialect.isOneOf(sql.ref('project_id'), projectIds)),
    holds: sql`exists (select 1 from runner_projects where runner_id = runners.id and ${db.dialect.isOneOf(sql`project_id + 0`, projectIds)})`,
  };
}

function ofGroups(db: Db, groupIds: readonly number[]): Membership {
  return {
    ids: db
      .selectFrom('runner_groups')
      .select('runner_id')
      .where(db.dialect.isOneOf(sql.ref('group_id'), groupIds)),
    holds: sql`exists (select 1 from runner_groups where runner_id = runners.id and ${db.dialect.isOneOf(sql`group_id + 0`, groupIds)})`,
  };
}

function withVersions(db: Db, versions: readonly string[]): Membership {
  return {
    ids: db.selectFrom('runner_managers').select('runner_id').where('version', 'in', versions),
    holds: sql`exists (select 1 from runner_managers where runner_id = runners.id and version || '' in (${sql.join(versions)}))`,
  };
}

/** The conditions on what the index `runners_list` holds. */
function withFlags(part: Query, filter: RunnerFilter, now: number): Query {
  let result = part;
  if (filter.paused !== undefined) result = result.where('runners.active', '=', filter.paused ? 0 : 1);
  for (const status of filter.status ?? []) result = withStatus(result, status, now);
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
