import type { JobFeatures } from '../runner-api/wire.ts';

/** Why a job failed, in the protocol's words (runner protocol 15.4). */
export type Reason =
  | 'script_failure'
  | 'runner_system_failure'
  | 'job_execution_timeout'
  | 'job_canceled'
  | 'runner_configuration_error'
  | 'runner_interrupted';

/** Ends a job as failed. `message` is for the people who read its log. */
export class JobFailure extends Error {
  override name = 'JobFailure';
  readonly reason: Reason;
  /** Of the line that failed; 0 when no line did. */
  readonly exitCode: number;
  constructor(reason: Reason, message: string, exitCode = 0) {
    super(message);
    this.reason = reason;
    this.exitCode = exitCode;
  }
}

const always: readonly string[] = ['script_failure', 'runner_system_failure', 'job_execution_timeout'];
const older: Partial<Record<Reason, string>> = {
  runner_configuration_error: 'script_failure',
  runner_interrupted: 'runner_system_failure',
};

/** The reason as this server understands it: one that it did not list becomes an older one (runner protocol 5.10). */
export function reasonFor(server: JobFeatures, reason: Reason): string {
  if (always.includes(reason) || server.failure_reasons?.includes(reason) === true) return reason;
  return older[reason] ?? 'unknown_failure';
}
