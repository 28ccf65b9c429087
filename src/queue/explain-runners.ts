import { canRunner } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import type { App } from '../http/route.ts';
import { isoTimeOrNull } from '../lib/iso-time.ts';
import { runnersById } from '../pipelines/job-runner-store.ts';
import { tagsBySet } from '../pipelines/tag-set-store.ts';
import { freshContact, lastAskedAt, runnerLiveness } from '../runners/contact.ts';
import { runnerFacts } from '../runners/facts-store.ts';
import { isInContact, type Liveness } from '../runners/liveness.ts';
import type { Runner } from '../runners/runner.ts';
import { unmetConditions, type Condition, type JobFacts, type RunnerFacts } from './can-run.ts';
import type { NearRunner } from './explain-api.ts';
import { conditionTexts } from './explain-codes.ts';
import { idsOfGroup, jobsOfRunners, runnerGroups, type ComparedJob, type Elsewhere, type RunnerGroup } from './explain-store.ts';

/** A group of runners that are alike, compared with a job. */
export interface Compared {
  group: RunnerGroup;
  facts: RunnerFacts;
  liveness: Liveness;
  unmet: Condition[];
  /** Tags of the job that they do not have. */
  missing: string[];
  /** How many changes lie between them and the job (`distanceOf`). */
  distance: number;
}

/** All runners that a job is compared with; the nearest first. */
export interface Comparison {
  job: JobFacts & ComparedJob;
  groups: Compared[];
  running: ReadonlyMap<number, { count: number; startedAt: number }>;
}

/** Conditions that pass by themselves or by somebody at the machine: with them alone a runner can take the job. */
const passing: readonly Condition[] = ['never_contacted', 'offline', 'at_limit'];

/** Compares all runners with a job, group by group. */
export async function compareRunners(app: App, job: JobFacts & ComparedJob, elsewhere: Elsewhere): Promise<Comparison> {
  const now = app.clock.now();
  const groups = await runnerGroups(app.db, job, elsewhere, now);
  const ids = groups.map((group) => group.tagSetId);
  const tags = new Map([...(await tagsBySet(app.db, ids))].map(([id, list]) => [id, new Set(list)]));
  const running = groups.some((group) => group.running) ? await jobsOfRunners(app.db) : new Map<number, never>();
  const compared = groups.map((group): Compared => {
    const liveness = livenessOfGroup(app, group, now);
    const facts: RunnerFacts = {
      type: group.type,
      active: group.active,
      protectedOnly: group.protectedOnly,
      runUntagged: group.runUntagged,
      tags: tags.get(group.tagSetId) ?? new Set(),
      groupId: group.inScope ? (job.namespaceIds[0] ?? null) : null,
      projectIds: group.inScope ? new Set([job.projectId]) : new Set(),
      liveness,
      features: new Set(group.featured ? job.neededFeatures : []),
      atLimit: isAtLimit(app, group, running),
    };
    const missing = job.tags.filter((tag) => !facts.tags.has(tag));
    const unmet = unmetConditions(facts, job);
    return { group, facts, liveness, unmet, missing, distance: distanceOf({ group, unmet, missing }) };
  });
  return { job, running, groups: compared.toSorted(byNearness) };
}

function livenessOfGroup(app: App, group: RunnerGroup, now: number): Liveness {
  if (group.contact === 'never') return 'never_contacted';
  if (group.contact !== 'unsure') return group.contact;
  return runnerLiveness(app.contacts, { id: group.first, contactedAt: group.contactedAt }, now);
}

/** Whether a runner has not asked for a job since it got its newest one; where its requests are not seen, whether it has any. */
function isAtLimit(app: App, group: RunnerGroup, running: Comparison['running']): boolean {
  const jobs = group.running ? running.get(group.first) : undefined;
  if (jobs === undefined) return false;
  const askedAt = lastAskedAt(app.contacts, group.first);
  return askedAt === null || askedAt <= jobs.startedAt;
}

/** Whether nothing but time keeps the job from these runners. */
export function isFitting({ unmet }: Pick<Compared, 'unmet'>): boolean {
  return unmet.every((condition) => passing.includes(condition));
}

/** Fitting runners that are in contact. */
export function isReachable(compared: Compared): boolean {
  return isFitting(compared) && isInContact(compared.liveness);
}

/** Whether a runner can take the job with its next request. */
export function isFree({ unmet }: Compared): boolean {
  return unmet.length === 0;
}

/** What a condition costs to change; those that are missing cost 1. */
const costs: Partial<Record<Condition, number>> = { at_limit: 0, not_in_group: 3 };

/** How many changes lie between a runner and the job. One of other projects is a little farther away than those in scope. */
export function distanceOf({ unmet, missing, group }: Pick<Compared, 'unmet' | 'missing' | 'group'>): number {
  const changes = unmet.map((condition) => (condition === 'tags_missing' ? missing.length : (costs[condition] ?? 1)));
  const unlocking = unmet.includes('not_assigned') && group.locked ? 1 : 0;
  return changes.reduce((total, one) => total + one, unlocking + (group.inScope ? 0 : 0.5));
}

/** Of changes that are equally many, those come first that are easiest to make. */
const ease: readonly Condition[] = [
  'at_limit',
  'runner_paused',
  'offline',
  'never_contacted',
  'feature_missing',
  'tags_missing',
  'untagged_not_allowed',
  'ref_not_protected',
  'group_runners_disabled',
  'shared_runners_disabled',
  'not_assigned',
  'not_in_group',
  'jobs_disabled',
];

function byNearness(a: Compared, b: Compared): number {
  return a.distance - b.distance || hardest(a) - hardest(b) || b.group.count - a.group.count || a.group.first - b.group.first;
}

function hardest({ unmet }: Compared): number {
  return Math.max(-1, ...unmet.map((condition) => ease.indexOf(condition)));
}

/** So many runners more than are wanted are tried: some of them may be none of the caller's business. */
const moreCandidates = 12;

/** Runners of the nearest groups that the caller may see, nearest first. `wanted` says which groups are asked for. */
export async function visibleRunners(
  app: App,
  actor: Actor | null,
  comparison: Comparison,
  limit: number,
  wanted: (compared: Compared) => boolean = () => true,
): Promise<{ runner: Runner; compared: Compared }[]> {
  if (actor === null) return [];
  const candidates = await nearestIds(app, comparison, actor.user.admin ? limit : limit + moreCandidates, wanted);
  const runners = candidates.size === 0 ? [] : await runnersById(app.db, [...candidates.keys()]);
  const byId = new Map(runners.map((runner) => [runner.id, runner]));
  const found: { runner: Runner; compared: Compared }[] = [];
  for (const [id, compared] of candidates) {
    const runner = byId.get(id);
    if (runner !== undefined && (await maySee(app, actor, runner))) found.push({ runner, compared });
    if (found.length === limit) break;
  }
  return found;
}

async function nearestIds(
  app: App,
  { job, groups }: Comparison,
  limit: number,
  wanted: (compared: Compared) => boolean,
): Promise<Map<number, Compared>> {
  const now = app.clock.now();
  const found = new Map<number, Compared>();
  for (const compared of groups) {
    if (!wanted(compared)) continue;
    for (const id of await idsOfGroup(app.db, job, compared.group, limit - found.size, now)) found.set(id, compared);
    if (found.size >= limit) break;
  }
  return found;
}

async function maySee(app: App, actor: Actor, runner: Runner): Promise<boolean> {
  return actor.user.admin || canRunner(actor, 'runner.read', await runnerFacts(app.db, actor, runner, app.clock.now()));
}

/** A runner as an explanation shows it. */
export function presentNear(app: App, { running }: Comparison, runner: Runner, { unmet, missing, liveness }: Compared): NearRunner {
  return {
    id: runner.id,
    description: runner.description,
    runner_type: runner.type,
    tag_list: runner.tags,
    liveness,
    contacted_at: isoTimeOrNull(freshContact(app.contacts, runner).contactedAt),
    running_jobs: running.get(runner.id)?.count ?? 0,
    unmet: unmet.map((code) => ({ code, text: conditionTexts[code] })),
    missing_tags: missing,
  };
}
