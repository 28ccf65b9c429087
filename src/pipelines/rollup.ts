import type { JobStatus } from './job-state.ts';

/** What a status counts as in a roll-up: failures that are allowed warn, manual jobs that are allowed to fail are ignored. */
export type RollupStatus = JobStatus | 'warned' | 'ignored';

export interface RolledUp {
  status: JobStatus;
  allowFailure: boolean;
}

export function rollupStatus({ status, allowFailure }: RolledUp): RollupStatus {
  if (!allowFailure) return status;
  if (status === 'failed' || status === 'canceled') return 'warned';
  return status === 'manual' ? 'ignored' : status;
}

/** A line fits when the set holds one of `any`, when it holds nothing but `only`, or when it holds something but `beyond`. */
interface Line {
  any?: readonly RollupStatus[];
  only?: readonly RollupStatus[];
  beyond?: readonly RollupStatus[];
  result: JobStatus;
}

/** These come first when the set is that of needed jobs. */
const needsLines: readonly Line[] = [
  { any: ['skipped', 'ignored'], result: 'skipped' },
  { beyond: ['success', 'failed', 'canceled', 'skipped', 'warned'], result: 'pending' },
];

/** The composite status of CI configuration 13.3: the first line that fits. */
const lines: readonly Line[] = [
  { only: ['skipped', 'ignored'], result: 'skipped' },
  { only: ['success', 'skipped', 'warned', 'ignored'], result: 'success' },
  { only: ['created', 'warned', 'ignored'], result: 'created' },
  { only: ['preparing', 'warned', 'ignored'], result: 'preparing' },
  { only: ['canceled', 'success', 'skipped', 'warned', 'ignored'], result: 'canceled' },
  { only: ['pending', 'created', 'skipped', 'warned', 'ignored'], result: 'pending' },
  { any: ['running', 'pending'], result: 'running' },
  { any: ['waiting_for_resource'], result: 'waiting_for_resource' },
  { any: ['waiting_for_callback'], result: 'waiting_for_callback' },
  { any: ['manual'], result: 'manual' },
  { any: ['scheduled'], result: 'scheduled' },
  { any: ['preparing'], result: 'preparing' },
  { any: ['created'], result: 'running' },
  { any: ['canceling'], result: 'canceling' },
];

/**
 * Status of a set of jobs as one: of a pipeline, of the stages before a job, or (`needs`) of the jobs that it needs.
 * Null for an empty set. Retried jobs must not be in it.
 */
export function rollUp(set: ReadonlySet<RollupStatus>, kind: 'stages' | 'needs' = 'stages'): JobStatus | null {
  if (set.size === 0) return null;
  const line = (kind === 'needs' ? [...needsLines, ...lines] : lines).find((candidate) => fits(candidate, set));
  return line?.result ?? 'failed';
}

function fits({ any, only, beyond }: Line, set: ReadonlySet<RollupStatus>): boolean {
  if (any !== undefined) return any.some((status) => set.has(status));
  if (only !== undefined) return [...set].every((status) => only.includes(status));
  return [...set].some((status) => beyond?.includes(status) === false);
}
