import { sql, type RawBuilder } from 'kysely';
import { levels } from '../access/role.ts';
import type { Db } from '../db/tx.ts';
import { projectLevels } from '../runners/facts-store.ts';
import { lostAfter } from '../runners/liveness.ts';
import type { RunnerType } from '../runners/runner.ts';

/** What is written of a contact is older than the truth by no more than this (ms): contacts are written once a minute. */
const writtenWithin = 2 * 60_000;
/** Whoever called within this time is online, whatever the rhythm (ms). */
const surelyOnline = 60_000;

/** Which runners an explanation looks at besides those in scope: all, those of the projects that a user maintains, or none. */
export type Elsewhere = { kind: 'all' } | { kind: 'maintained'; userId: number } | { kind: 'none' };

/** The job that runners are compared with. */
export interface ComparedJob {
  projectId: number;
  /** The project's namespace and all groups above it. */
  namespaceIds: readonly number[];
  neededFeatures: readonly string[];
}

/** Runners that are alike in everything that matching looks at: however many there are, the groups are few. */
export interface RunnerGroup {
  type: RunnerType;
  active: boolean;
  protectedOnly: boolean;
  runUntagged: boolean;
  locked: boolean;
  tagSetId: number;
  /** An instance runner, one of a group above the project, or one that the project is assigned to. */
  inScope: boolean;
  /** A machine of each has announced all flags that the job needs, or none has announced any yet. */
  featured: boolean;
  /** By what is written; `unsure`: what is known in memory decides. */
  contact: 'never' | 'online' | 'lost' | 'unsure';
  count: number;
  /** The lowest id; groups of runners that have jobs, or whose contact is unsure, have one runner each. */
  first: number;
  running: boolean;
  contactedAt: number | null;
}

interface GroupRow {
  type: RunnerType;
  active: number;
  access_level: string;
  run_untagged: number;
  locked: number;
  tag_set_id: number;
  in_scope: number;
  featured: number;
  contact: RunnerGroup['contact'];
  count: number;
  first: number;
  running: number;
  contacted_at: number | null;
}

/** The groups of all runners that a job is compared with. `now` in ms. */
export async function runnerGroups(db: Db, job: ComparedJob, elsewhere: Elsewhere, now: number): Promise<RunnerGroup[]> {
  const { rows } = await sql<GroupRow>`
    select type, active, access_level, run_untagged, locked, tag_set_id, in_scope, featured, contact, running,
      count(*) as count, min(id) as first, max(contacted_at) as contacted_at
    from (
      select id, type, active, access_level, run_untagged, locked, tag_set_id, contacted_at, in_scope, contact, running, featured,
        case when running = 1 or contact = 'unsure' then id else 0 end as single
      from (
        select id, type, active, access_level, run_untagged, locked, tag_set_id, contacted_at,
          ${scopeOf(db, job)} as in_scope,
          ${contactOf(now)} as contact,
          case when exists (select 1 from running_jobs where running_jobs.runner_id = runners.id) then 1 else 0 end as running,
          ${await featuredOf(db, job.neededFeatures)} as featured
        from runners
      ) as runner
      where in_scope = 1 or ${await among(db, elsewhere, now)}
    ) as looked_at
    group by type, active, access_level, run_untagged, locked, tag_set_id, in_scope, featured, contact, running, single
    order by first`.execute(db);
  return rows.map(toGroup);
}

function toGroup(row: GroupRow): RunnerGroup {
  return {
    type: row.type,
    active: row.active === 1,
    protectedOnly: row.access_level === 'ref_protected',
    runUntagged: row.run_untagged === 1,
    locked: row.locked === 1,
    tagSetId: row.tag_set_id,
    inScope: row.in_scope === 1,
    featured: row.featured === 1,
    contact: row.contact,
    count: row.count,
    first: row.first,
    running: row.running === 1,
    contactedAt: row.contacted_at,
  };
}

/** 1 for a runner that serves the job's project by its type. */
function scopeOf(db: Db, { projectId, namespaceIds }: ComparedJob): RawBuilder<number> {
  return sql`case type
    when 'instance_type' then 1
    when 'group_type' then case when exists (select 1 from runner_groups
      where runner_groups.runner_id = runners.id and ${db.dialect.isOneOf(sql.ref('runner_groups.group_id'), namespaceIds)}) then 1 else 0 end
    else case when exists (select 1 from runner_projects
      where runner_projects.runner_id = runners.id and runner_projects.project_id = ${projectId}) then 1 else 0 end
  end`;
}

function contactOf(now: number): RawBuilder<string> {
  return sql`case
    when contacted_at is null then 'never'
    when contacted_at >= ${now - surelyOnline} then 'online'
    when contacted_at <= ${now - lostAfter - writtenWithin} then 'lost'
    else 'unsure'
  end`;
}

/** Machines announce a few combinations of flags, which are compared here and not for each machine. */
async function featuredOf(db: Db, needed: readonly string[]): Promise<RawBuilder<number>> {
  if (needed.length === 0) return sql`1`;
  const rows = await db.selectFrom('runner_managers').select('features').distinct().execute();
  const lacking = rows.map((row) => row.features).filter((text) => !hasAll(JSON.parse(text) as Record<string, unknown>, needed));
  if (lacking.length === 0) return sql`1`;
  const machines = sql`select 1 from runner_managers where runner_managers.runner_id = runners.id`;
  return sql`case when exists (${machines} and features in (${sql.join(lacking)}))
    and not exists (${machines} and features not in (${sql.join(lacking)})) then 0 else 1 end`;
}

/** Nothing announced is nothing known. */
function hasAll(features: Record<string, unknown>, needed: readonly string[]): boolean {
  return Object.keys(features).length === 0 || needed.every((flag) => features[flag] === true);
}

async function among(db: Db, elsewhere: Elsewhere, now: number): Promise<RawBuilder<boolean>> {
  if (elsewhere.kind === 'all') return sql`1 = 1`;
  if (elsewhere.kind === 'none') return sql`1 = 0`;
  const rows = await db
    .selectFrom(projectLevels(db, elsewhere.userId, now).as('member_of'))
    .select('member_of.project_id as id')
    .distinct()
    .where('member_of.level', '>=', levels.maintainer)
    .execute();
  const ids = rows.map((row) => row.id);
  return sql`id in (select runner_id from runner_projects where ${db.dialect.isOneOf(sql.ref('project_id'), ids)})`;
}

/** Ids of some runners of a group, lowest first. */
export async function idsOfGroup(db: Db, job: ComparedJob, group: RunnerGroup, limit: number, now: number): Promise<number[]> {
  if (group.count === 1) return [group.first];
  const { rows } = await sql<{ id: number }>`
    select id from runners
    where type = ${group.type} and active = ${Number(group.active)} and run_untagged = ${Number(group.runUntagged)}
      and access_level = ${group.protectedOnly ? 'ref_protected' : 'not_protected'} and locked = ${Number(group.locked)}
      and tag_set_id = ${group.tagSetId} and ${scopeOf(db, job)} = ${group.inScope ? 1 : 0} and ${contactOf(now)} = ${group.contact}
      and id >= ${group.first}
    order by id limit ${limit}`.execute(db);
  return rows.map((row) => row.id);
}

/** When the newest job of each runner was given to it (ms), and how many it has; runners without jobs are not in it. */
export async function jobsOfRunners(db: Db): Promise<Map<number, { count: number; startedAt: number }>> {
  const rows = await db
    .selectFrom('running_jobs')
    .innerJoin('jobs', 'jobs.id', 'running_jobs.job_id')
    .select(['running_jobs.runner_id'])
    .select((select) => [select.fn.countAll().as('count'), select.fn.max('jobs.started_at').as('started_at')])
    .groupBy('running_jobs.runner_id')
    .execute();
  return new Map(rows.map((row) => [row.runner_id, { count: Number(row.count), startedAt: row.started_at ?? 0 }]));
}

/** Who paused runners, and when (ms). */
export async function pausesOf(db: Db, ids: readonly number[]): Promise<{ runnerId: number; userId: number | null; at: number | null }[]> {
  const rows = await db
    .selectFrom('runners')
    .select(['id', 'paused_by', 'paused_at'])
    .where(db.dialect.isOneOf(sql.ref('id'), ids))
    .where('active', '=', 0)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ runnerId: row.id, userId: row.paused_by, at: row.paused_at }));
}
