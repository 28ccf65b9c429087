import { isInContact, type Liveness } from '../runners/liveness.ts';

/** What matching looks at in a runner. What is absent does not count: whoever asks for a job is in contact and has room. */
export interface RunnerFacts {
  type: 'instance_type' | 'group_type' | 'project_type';
  active: boolean;
  /** Takes jobs of protected branches and tags only. */
  protectedOnly: boolean;
  runUntagged: boolean;
  tags: ReadonlySet<string>;
  /** The group of a group runner. */
  groupId: number | null;
  /** Projects that a project runner is assigned to. */
  projectIds: ReadonlySet<number>;
  liveness?: Liveness;
  /** Feature flags that its agents have announced. */
  features?: ReadonlySet<string>;
  /** Runs jobs, and has not asked for another one since. */
  atLimit?: boolean;
}

/** What matching looks at in a pending job. */
export interface JobFacts {
  projectId: number;
  tags: readonly string[];
  protected: boolean;
  /** The project's namespace and all groups above it. */
  namespaceIds: readonly number[];
  sharedRunnersEnabled: boolean;
  groupRunnersEnabled: boolean;
  jobsEnabled: boolean;
  /** Feature flags without which no agent can run it (runner protocol 4.2). */
  neededFeatures?: readonly string[];
}

/** Conditions that a runner and a job must meet, in the order in which they are told; the names are stable, people and metrics see them. */
export const conditions = [
  'runner_paused',
  'jobs_disabled',
  'shared_runners_disabled',
  'group_runners_disabled',
  'not_in_group',
  'not_assigned',
  'ref_not_protected',
  'untagged_not_allowed',
  'tags_missing',
  'feature_missing',
  'never_contacted',
  'offline',
  'at_limit',
] as const;
export type Condition = (typeof conditions)[number];

/**
 * Whether `runner` may take `job`: null for yes, or the first condition that is not met (runner protocol 14). `locked` has
 * no say: it only forbids assigning the runner to further projects. Switched-off jobs keep instance runners away; the
 * project's other runners find them and fail them (`builds_disabled`).
 */
export function cannotRun(runner: RunnerFacts, job: JobFacts): Condition | null {
  return unmetConditions(runner, job)[0] ?? null;
}

/** All conditions that are not met, in their order; empty when `runner` may take `job`. */
export function unmetConditions(runner: RunnerFacts, job: JobFacts): Condition[] {
  const unmet = [
    runner.active ? null : 'runner_paused',
    ...outOfScope(runner, job),
    runner.protectedOnly && !job.protected ? 'ref_not_protected' : null,
    unfitTagSet(runner, job.tags),
    lacksFeature(runner, job) ? 'feature_missing' : null,
    unreachable(runner.liveness),
    runner.atLimit === true ? 'at_limit' : null,
  ] as const;
  return unmet.filter((condition) => condition !== null);
}

function outOfScope(runner: RunnerFacts, job: JobFacts): (Condition | null)[] {
  if (runner.type === 'instance_type')
    return [job.jobsEnabled ? null : 'jobs_disabled', job.sharedRunnersEnabled ? null : 'shared_runners_disabled'];
  if (runner.type === 'project_type') return [runner.projectIds.has(job.projectId) ? null : 'not_assigned'];
  if (runner.groupId === null || !job.namespaceIds.includes(runner.groupId)) return ['not_in_group'];
  return [job.groupRunnersEnabled ? null : 'group_runners_disabled'];
}

function lacksFeature({ features }: RunnerFacts, { neededFeatures }: JobFacts): boolean {
  return features !== undefined && neededFeatures?.some((flag) => !features.has(flag)) === true;
}

function unreachable(liveness: Liveness | undefined): Condition | null {
  if (liveness === undefined || isInContact(liveness)) return null;
  return liveness === 'never_contacted' ? 'never_contacted' : 'offline';
}

/** The part of `cannotRun` that depends on the tags alone, which nodes ask once for a whole set of tags. */
export function unfitTagSet(runner: Pick<RunnerFacts, 'runUntagged' | 'tags'>, tags: readonly string[]): Condition | null {
  if (tags.length === 0) return runner.runUntagged ? null : 'untagged_not_allowed';
  return tags.every((tag) => runner.tags.has(tag)) ? null : 'tags_missing';
}
