/** What matching looks at in a runner. */
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
}

/** Conditions that a runner and a job must meet; the names are stable, people and metrics see them. */
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
] as const;
export type Condition = (typeof conditions)[number];

/**
 * Whether `runner` may take `job`: null for yes, or the first condition that is not met (runner protocol 14). `locked` has
 * no say: it only forbids assigning the runner to further projects. Switched-off jobs keep instance runners away; the
 * project's other runners find them and fail them (`builds_disabled`).
 */
export function cannotRun(runner: RunnerFacts, job: JobFacts): Condition | null {
  if (!runner.active) return 'runner_paused';
  return outOfScope(runner, job) ?? unfitTags(runner, job);
}

function outOfScope(runner: RunnerFacts, job: JobFacts): Condition | null {
  if (runner.type === 'instance_type') {
    if (!job.jobsEnabled) return 'jobs_disabled';
    return job.sharedRunnersEnabled ? null : 'shared_runners_disabled';
  }
  if (runner.type === 'project_type') return runner.projectIds.has(job.projectId) ? null : 'not_assigned';
  if (runner.groupId === null || !job.namespaceIds.includes(runner.groupId)) return 'not_in_group';
  return job.groupRunnersEnabled ? null : 'group_runners_disabled';
}

function unfitTags(runner: RunnerFacts, job: JobFacts): Condition | null {
  if (runner.protectedOnly && !job.protected) return 'ref_not_protected';
  return unfitTagSet(runner, job.tags);
}

/** The part of `cannotRun` that depends on the tags alone, which nodes ask once for a whole set of tags. */
export function unfitTagSet(runner: Pick<RunnerFacts, 'runUntagged' | 'tags'>, tags: readonly string[]): Condition | null {
  if (tags.length === 0) return runner.runUntagged ? null : 'untagged_not_allowed';
  return tags.every((tag) => runner.tags.has(tag)) ? null : 'tags_missing';
}
