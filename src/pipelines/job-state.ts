/**
 * The states of a job and everything that may be said about them without looking anywhere else (CI configuration 13.1).
 * One table holds all transitions; no other place decides whether a status may follow another.
 */

export const jobStatuses = [
  'created',
  'waiting_for_resource',
  'preparing',
  'waiting_for_callback',
  'pending',
  'running',
  'success',
  'failed',
  'canceling',
  'canceled',
  'skipped',
  'manual',
  'scheduled',
] as const;
/** Also the status of a pipeline (CI configuration 13). */
export type JobStatus = (typeof jobStatuses)[number];

export const jobEvents = [
  'enqueue',
  'awaitResource',
  'schedule',
  'unschedule',
  'actionize',
  'run',
  'success',
  'drop',
  'skip',
  'process',
  'cancel',
  'forceCancel',
] as const;
/**
 * What can happen to a job. `process` resets it, so that the pipeline decides about it anew. `enqueue` turns into
 * `awaitResource` by itself for a job that needs a resource which another one holds.
 */
export type JobEvent = (typeof jobEvents)[number];

/** What a server knows how to say about a failure (CI configuration 13.4, runner protocol 15.4). */
export const failureReasons = [
  'unknown_failure',
  'script_failure',
  'api_failure',
  'stuck_or_timeout_failure',
  'runner_system_failure',
  'missing_dependency_failure',
  'runner_unsupported',
  'stale_schedule',
  'job_execution_timeout',
  'archived_failure',
  'unmet_prerequisites',
  'scheduler_failure',
  'data_integrity_failure',
  'forward_deployment_failure',
  'user_blocked',
  'project_deleted',
  'ci_quota_exceeded',
  'pipeline_loop_detected',
  'no_matching_runner',
  'trace_size_exceeded',
  'builds_disabled',
  'environment_creation_failure',
  'deployment_rejected',
  'failed_outdated_deployment_job',
  'job_execution_server_timeout',
  'stuck_pending_with_matching_runners',
  'stuck_pending_no_matching_runners',
  'no_updates_running',
  'no_updates_canceling',
  'server_timeout_running',
  'server_timeout_canceling',
  'runner_provisioning_timeout',
  'image_pull_failure',
  'configuration_error',
  'runner_configuration_error',
  'runner_external_dependency_failure',
  'runner_interrupted',
  'job_canceled',
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** The reason that a text names; anything unknown, and nothing at all, is `unknown_failure` (runner protocol 6.1). */
export function toFailureReason(text: string | null | undefined): FailureReason {
  return failureReasons.find((reason) => reason === text) ?? 'unknown_failure';
}

/** One line of the table: from each of `from`, `event` leads to `to`. */
export interface JobTransition {
  event: JobEvent;
  from: readonly JobStatus[];
  to: JobStatus;
  /** Only for a job that is on a manager which can stop it gracefully. */
  onlyGraceful?: true;
}

const waiting = ['waiting_for_resource', 'preparing', 'waiting_for_callback'] as const;

/** All transitions; the first line that fits is taken. */
export const jobTransitions: readonly JobTransition[] = [
  { event: 'enqueue', from: ['created', 'skipped', 'manual', 'scheduled', 'waiting_for_resource'], to: 'pending' },
  { event: 'awaitResource', from: ['created', 'skipped', 'manual', 'scheduled'], to: 'waiting_for_resource' },
  { event: 'schedule', from: ['created'], to: 'scheduled' },
  { event: 'unschedule', from: ['scheduled'], to: 'manual' },
  { event: 'actionize', from: ['created'], to: 'manual' },
  { event: 'run', from: ['pending'], to: 'running' },
  { event: 'success', from: ['created', ...waiting, 'pending', 'running'], to: 'success' },
  { event: 'success', from: ['canceling'], to: 'canceled' },
  { event: 'drop', from: ['created', ...waiting, 'pending', 'running', 'manual', 'scheduled'], to: 'failed' },
  { event: 'drop', from: ['canceling'], to: 'canceled' },
  { event: 'skip', from: ['created', 'waiting_for_resource', 'preparing', 'pending'], to: 'skipped' },
  { event: 'process', from: ['skipped', 'manual'], to: 'created' },
  { event: 'cancel', from: ['running'], to: 'canceling', onlyGraceful: true },
  { event: 'cancel', from: ['created', ...waiting, 'pending', 'running', 'scheduled', 'manual'], to: 'canceled' },
  { event: 'forceCancel', from: ['canceling'], to: 'canceled' },
];

/** Where `event` leads a job in `status`; null when it cannot happen to it. `graceful`: its manager can stop it gracefully. */
export function nextStatus(event: JobEvent, status: JobStatus, graceful = false): JobStatus | null {
  const line = jobTransitions.find((row) => row.event === event && row.from.includes(status) && (row.onlyGraceful !== true || graceful));
  return line?.to ?? null;
}

const completed: readonly JobStatus[] = ['success', 'failed', 'canceled', 'skipped'];
const cancelable: readonly JobStatus[] = [...waiting, 'pending', 'running', 'created', 'scheduled'];

/** Has ended, or will never start: nothing more happens to it by itself. */
export function isCompleted(status: JobStatus): boolean {
  return completed.includes(status);
}

/** Has ended: a skipped job has not, since it never started. */
export function isFinished(status: JobStatus): boolean {
  return status === 'success' || status === 'failed' || status === 'canceled';
}

/** Is on a runner and takes a slot. */
export function isOnRunner(status: JobStatus): boolean {
  return status === 'running' || status === 'canceling';
}

/**
 * Whether a job's token is good: while it is on a runner, and before that from the moment in which a runner that has to
 * confirm it first got it (runner protocol 12).
 */
export function holdsToken(job: { status: JobStatus; tokenDigest: string | null }): boolean {
  return job.tokenDigest !== null && (isOnRunner(job.status) || job.status === 'pending');
}

/** Is among the statuses that cancelling a whole pipeline ends; a single manual job can be cancelled besides. */
export function isCancelable(status: JobStatus): boolean {
  return cancelable.includes(status);
}

/** What the rules of a single job look at. */
export interface JobFacts {
  status: JobStatus;
  when: string;
  /** Whether a newer try of it exists. */
  retried: boolean;
  erasedAt: number | null;
}

/** What can be done with a job, whoever asks. Permissions are another question. */
export const jobCan = {
  cancel: (job: JobFacts) => isCancelable(job.status) || job.status === 'manual' || job.status === 'canceling',
  /** CI configuration 14: it ended, or is about to, and there is no newer try. */
  retry: (job: JobFacts) => !job.retried && (isFinished(job.status) || job.status === 'canceling'),
  /** A manual or delayed job that waits, or a manual one that ran and may run again. */
  play: (job: JobFacts) =>
    job.status === 'manual' || job.status === 'scheduled' || (job.when === 'manual' && !job.retried && isFinished(job.status)),
  erase: (job: JobFacts) => isFinished(job.status) && job.erasedAt === null,
} as const;
