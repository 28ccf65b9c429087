import type { CompiledRetry } from '../ci-config/plan.ts';
import type { FailureReason } from './job-state.ts';

/** What another try would not change, or what the instance does not want to be tried again (runner protocol 15.3). */
const neverRetried: ReadonlySet<string> = new Set<FailureReason>([
  'ci_quota_exceeded',
  'no_matching_runner',
  'missing_dependency_failure',
  'forward_deployment_failure',
  'environment_creation_failure',
]);

/** Tries after the first that a job gets without asking for it: it never came to run, and not by its own fault. */
const retriesUnasked: Partial<Record<string, number>> = { scheduler_failure: 2, runner_provisioning_timeout: 2 };

/**
 * Reasons that were one once, and that somebody who lists the older name means as well: what the server says of silence
 * (runner protocol 15.2), and what an agent says now where it said `runner_system_failure` before (runner protocol 5.10, 13).
 */
const meantBy: Partial<Record<string, readonly string[]>> = {
  stuck_or_timeout_failure: [
    'stuck_pending_with_matching_runners',
    'stuck_pending_no_matching_runners',
    'no_updates_running',
    'no_updates_canceling',
  ],
  job_execution_server_timeout: ['server_timeout_running', 'server_timeout_canceling'],
  runner_system_failure: ['image_pull_failure', 'runner_external_dependency_failure', 'runner_interrupted'],
} satisfies Partial<Record<FailureReason, readonly FailureReason[]>>;

/**
 * How many tries after the first a job has that failed like this (CI configuration 14). A `retry` without reasons and exit codes
 * is for every failure; one with both needs only one of them to fit.
 */
export function retryLimit(reason: string, exitCode: number | null, retry: CompiledRetry | null): number {
  if (neverRetried.has(reason)) return 0;
  if (retry !== null && isListed(reason, exitCode, retry)) return retry.max;
  return retriesUnasked[reason] ?? 0;
}

function isListed(reason: string, exitCode: number | null, { when, exitCodes }: CompiledRetry): boolean {
  if (when.length === 0 && exitCodes.length === 0) return true;
  if (exitCode !== null && exitCodes.includes(exitCode)) return true;
  return when.some((listed) => listed === 'always' || listed === reason || meantBy[listed]?.includes(reason) === true);
}
