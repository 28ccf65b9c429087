import { expect, it } from 'vitest';
import { retryLimit } from './automatic-retry.ts';
import type { FailureReason } from './job-state.ts';

const retry = (max: number, when: string[] = [], exitCodes: number[] = []) => ({ max, when, exitCodes });

it.each<[FailureReason, number | null, ReturnType<typeof retry> | null, number]>([
  // Without a word of the job.
  ['script_failure', 1, null, 0],
  ['scheduler_failure', null, null, 2],
  ['runner_provisioning_timeout', null, null, 2],
  // Every failure.
  ['script_failure', 1, retry(1), 1],
  ['no_updates_running', null, retry(2), 2],
  ['script_failure', 1, retry(2, ['always']), 2],
  // What the job says goes before what the server does unasked.
  ['scheduler_failure', null, retry(1), 1],
  ['scheduler_failure', null, retry(0), 0],
  ['scheduler_failure', null, retry(1, ['script_failure']), 2],
  // Reasons.
  ['script_failure', 1, retry(2, ['runner_system_failure']), 0],
  ['runner_system_failure', null, retry(2, ['api_failure', 'runner_system_failure']), 2],
  // Exit codes alone, and either of both.
  ['script_failure', 137, retry(2, [], [137]), 2],
  ['script_failure', 1, retry(2, [], [137]), 0],
  ['script_failure', null, retry(2, [], [137]), 0],
  ['runner_system_failure', null, retry(2, ['runner_system_failure'], [137]), 2],
  ['script_failure', 137, retry(2, ['runner_system_failure'], [137]), 2],
  // Never.
  ['ci_quota_exceeded', null, retry(2), 0],
  ['no_matching_runner', null, retry(2, ['always']), 0],
  ['missing_dependency_failure', null, retry(2), 0],
  ['forward_deployment_failure', null, retry(2), 0],
  ['environment_creation_failure', 137, retry(2, [], [137]), 0],
  // Names that were split since.
  ['no_updates_running', null, retry(1, ['stuck_or_timeout_failure']), 1],
  ['stuck_pending_no_matching_runners', null, retry(1, ['stuck_or_timeout_failure']), 1],
  ['server_timeout_running', null, retry(1, ['job_execution_server_timeout']), 1],
  ['server_timeout_running', null, retry(1, ['stuck_or_timeout_failure']), 0],
  ['image_pull_failure', null, retry(1, ['runner_system_failure']), 1],
  ['runner_interrupted', null, retry(1, ['runner_system_failure']), 1],
  ['stuck_or_timeout_failure', null, retry(1, ['no_updates_running']), 0],
])('after %s with exit code %s, retry %j: %i tries more', (reason, exitCode, given, limit) => {
  expect(retryLimit(reason, exitCode, given)).toBe(limit);
});
