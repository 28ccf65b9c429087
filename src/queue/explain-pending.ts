import '../access/app.ts';
import { can, type Facts } from '../access/can.ts';
import { levels } from '../access/role.ts';
import { findUser, usersById } from '../access/store.ts';
import type { Actor } from '../access/user.ts';
import type { App } from '../http/route.ts';
import { isoTime, isoTimeOrNull } from '../lib/iso-time.ts';
import { ancestorIds } from '../namespaces/namespace-store.ts';
import type { Project } from '../namespaces/project.ts';
import { findDefinition } from '../pipelines/definition-store.ts';
import { lostDependency } from '../pipelines/dependencies.ts';
import type { Job } from '../pipelines/job.ts';
import type { JobFacts } from './can-run.ts';
import type { Explanation, Finding, PausedRunner } from './explain-api.ts';
import { reasonOf, type Reason } from './explain-reason.ts';
import { compareRunners, isFitting, isFree, isReachable, presentNear, visibleRunners, type Comparison } from './explain-runners.ts';
import { request, runnerOf } from './explain-state.ts';
import { neededFeatures } from './needed-features.ts';
import { pausesOf, type ComparedJob, type Elsewhere } from './explain-store.ts';
import { positionOf } from './position-store.ts';
import type { Subject } from './suggest.ts';
import { unconfirmedOf } from './waiting-store.ts';

/** Who asks for an explanation, and how the caller stands to the project. */
export interface Asker {
  actor: Actor | null;
  facts: Facts;
}

const mostNearest = 5;
const mostPaused = 20;

/** Why a pending job waits. Runners that the caller may not see are in the counts alone. */
export async function explainPending(app: App, job: Job, project: Project, tags: readonly string[], asker: Asker): Promise<Finding> {
  const unconfirmed = await unconfirmedOf(app.db, job.id);
  if (unconfirmed !== null) {
    const runner = await runnerOf(app, unconfirmed.runnerId);
    return {
      code: 'unconfirmed',
      state: `It is given to runner ${unconfirmed.runnerId}, whose agent has to confirm it until ${isoTime(unconfirmed.confirmBy)}.`,
      suggestion: { code: 'wait', text: 'Wait: without a confirmation it goes back to the queue.', changes: [] },
      runner,
    };
  }
  const { compiled } = await findDefinition(app.db, app.secrets, job.id);
  const facts = await jobFacts(app, job, project, tags, compiled);
  const comparison = await compareRunners(app, facts, elsewhereFor(asker));
  const subject: Subject = { job, project, tags, neededFeatures: facts.neededFeatures };
  const isLost = await lostDependency(app.db, job, compiled, app.clock.now());
  const doomed = await doomOf(app, subject, isLost);
  const near = await visibleRunners(app, asker.actor, comparison, mostNearest);
  const reason = doomed ?? reasonOf(subject, comparison, near, seesTypes(asker, project));
  return {
    ...reason,
    runners: countsOf(comparison),
    nearest: near.map(({ runner, compared }) => presentNear(app, comparison, runner, compared)),
    paused: await pausedOf(app, asker, comparison),
    ...(await outlook(app, job, comparison)),
  };
}

async function jobFacts(
  app: App,
  job: Job,
  project: Project,
  tags: readonly string[],
  compiled: Parameters<typeof neededFeatures>[0],
): Promise<JobFacts & ComparedJob> {
  return {
    projectId: project.id,
    tags,
    protected: job.protected,
    namespaceIds: await ancestorIds(app.db, project.namespaceId),
    sharedRunnersEnabled: project.sharedRunnersEnabled,
    groupRunnersEnabled: project.groupRunnersEnabled,
    jobsEnabled: project.jobsEnabled,
    neededFeatures: neededFeatures(compiled),
  };
}

/** Others than those in scope are looked at only for those who look after them. */
function elsewhereFor({ actor }: Asker): Elsewhere {
  if (actor === null) return { kind: 'none' };
  return actor.user.admin ? { kind: 'all' } : { kind: 'maintained', userId: actor.user.id };
}

/** Whether the tags of runners of a type may be told: those that the caller could read one by one. */
function seesTypes({ actor, facts }: Asker, project: Project): (type: string) => boolean {
  if (actor === null) return () => false;
  const isMaintainer = can(actor, 'project.runners', facts);
  return (type) =>
    type === 'instance_type' || (isMaintainer && (type === 'project_type' || project.groupRunnersEnabled || actor.user.admin));
}

/** What makes a job fail as soon as a runner takes it, which the checks before its hand-out find (runner protocol 4.4). */
async function doomOf(app: App, { job, project }: Subject, isLost: boolean): Promise<Reason | null> {
  if (isLost) {
    return {
      code: 'dependency_missing',
      state: 'Artifacts that it depends on have expired or were erased: it fails as soon as a runner takes it.',
      suggestion: { code: 'retry_dependency', text: 'Run the jobs that it depends on once more, then retry it.', changes: [] },
      near_tags: [],
    };
  }
  if (!project.jobsEnabled) {
    return {
      code: 'jobs_disabled',
      state: `Jobs of ${project.fullPath} are switched off: instance runners leave it alone, and others make it fail.`,
      suggestion: {
        code: 'enable_jobs',
        text: `Switch jobs of ${project.fullPath} on.`,
        changes: [request('PUT', `/projects/${project.id}`, { jobs_enabled: true })],
      },
      near_tags: [],
    };
  }
  const user = job.userId === null ? null : await findUser(app.db, job.userId);
  if (user?.state !== 'blocked') return null;
  return {
    code: 'user_blocked',
    state: `${user.username}, for whom it would run, is blocked: it fails as soon as a runner takes it.`,
    suggestion: {
      code: 'unblock_user',
      text: `Unblock ${user.username}, or run the pipeline as another user.`,
      changes: [request('POST', `/users/${user.id}/unblock`)],
    },
    near_tags: [],
  };
}

function countsOf({ groups }: Comparison): NonNullable<Explanation['runners']> {
  const sum = (some: Comparison['groups']) => some.reduce((total, { group }) => total + group.count, 0);
  const unmet: Record<string, number> = {};
  const byType: Record<string, number> = {};
  for (const { group, unmet: conditions } of groups) {
    byType[group.type] = (byType[group.type] ?? 0) + group.count;
    for (const condition of conditions) unmet[condition] = (unmet[condition] ?? 0) + group.count;
  }
  return {
    total: sum(groups),
    in_scope: sum(groups.filter(({ group }) => group.inScope)),
    by_type: byType,
    can_run: sum(groups.filter(isFitting)),
    in_contact: sum(groups.filter(isReachable)),
    free: sum(groups.filter(isFree)),
    unmet,
  };
}

/** Who paused runners that could take the job otherwise, when and why. The note is for members of the project. */
async function pausedOf(app: App, asker: Asker, comparison: Comparison): Promise<PausedRunner[]> {
  const isPausedOnly = (compared: Comparison['groups'][number]) =>
    compared.unmet.includes('runner_paused') && isFitting({ unmet: compared.unmet.filter((condition) => condition !== 'runner_paused') });
  const paused = await visibleRunners(app, asker.actor, comparison, mostPaused, isPausedOnly);
  if (paused.length === 0) return [];
  const ids = paused.map(({ runner }) => runner.id);
  const pauses = new Map((await pausesOf(app.db, ids)).map((pause) => [pause.runnerId, pause]));
  const users = await usersById(
    app.db,
    [...pauses.values()].flatMap(({ userId }) => userId ?? []),
  );
  const seesNotes = asker.facts.level >= levels.developer;
  return paused.map(({ runner }) => {
    const pause = pauses.get(runner.id);
    return {
      runner_id: runner.id,
      description: runner.description,
      paused_by: users.get(pause?.userId ?? 0)?.username ?? null,
      paused_at: isoTimeOrNull(pause?.at ?? null),
      note: seesNotes ? runner.maintenanceNote : null,
    };
  });
}

type Outlook = Pick<Explanation, 'position' | 'expected_wait' | 'expected_wait_unknown'>;

/** The place in the order of the runners that come to the job soonest, and how long it will wait. */
async function outlook(app: App, job: Job, { groups }: Comparison): Promise<Outlook> {
  const reachable = groups.filter(isReachable);
  // One runner of each type speaks for its type: runners of one type take the same jobs but for their tags.
  const speakers = ['project_type', 'group_type', 'instance_type'].flatMap((type) => {
    const [first] = reachable.filter(({ facts }) => facts.type === type).toSorted((a, b) => b.group.count - a.group.count);
    return first === undefined ? [] : [{ id: first.group.first, ...first.facts }];
  });
  if (speakers.length === 0) return { position: null, expected_wait: null, expected_wait_unknown: 'cannot_run' };
  const found = await Promise.all(speakers.map((runner) => positionOf(app.db, runner, job)));
  const [position] = found.filter((one) => one !== null).toSorted((a, b) => a.place - b.place || a.of - b.of);
  const now = app.clock.now();
  const expected = app.recentWaits.expect(job.tagSetId, now - (job.queuedAt ?? now), now);
  return {
    position: position ?? null,
    ...(typeof expected === 'string'
      ? { expected_wait: null, expected_wait_unknown: expected }
      : { expected_wait: expected, expected_wait_unknown: null }),
  };
}
