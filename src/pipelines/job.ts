import type { JobWhen } from '../ci-config/plan.ts';
import type { JobStatus } from './job-state.ts';

/** What the server knew of a job when it ended it because nothing was heard of it any more. */
export interface FailureEvidence {
  /** Last call of its agent about it, in ms since the epoch; null when there was none. */
  lastContactAt: number | null;
  /** When its log grew last, in ms since the epoch; null when it never did. */
  lastLogAt: number | null;
  /** Bytes of its log. */
  logSize: number;
  /** For how many seconds nothing may be heard. */
  threshold: number;
}

/** A job. Times in ms since the epoch. */
export interface Job {
  id: number;
  pipelineId: number;
  projectId: number;
  name: string;
  stage: string;
  /** Place of the stage in the pipeline's order, from 0. */
  stageIndex: number;
  status: JobStatus;
  when: JobWhen;
  allowFailure: boolean;
  /** `dag`: waits for the jobs that it needs; `stage`: for all earlier stages. */
  scheduling: 'stage' | 'dag';
  /** Short name of the branch or tag. */
  ref: string;
  tag: boolean;
  /** Whether the branch or tag was protected when the pipeline was made. */
  protected: boolean;
  /** For whom it acts: who made the pipeline, retried or played it. */
  userId: number | null;
  tagSetId: number;
  runnerId: number | null;
  managerId: number | null;
  /** Null before the claim and after the end. */
  tokenDigest: string | null;
  /** Whether the manager that took it can stop it gracefully (runner protocol 11). */
  cancelGracefully: boolean;
  /** Seconds, decided at the claim. */
  timeout: number | null;
  timeoutSource: string | null;
  failureReason: string | null;
  exitCode: number | null;
  /** What was known when the server ended it by itself; null otherwise. */
  failureEvidence: FailureEvidence | null;
  /** Percent. */
  coverage: number | null;
  /** Whether a newer try of it exists. */
  retried: boolean;
  /** Number of tries before this one. */
  attempt: number;
  /** Bytes and CRC-32 of the finished log; null while it grows. */
  traceSize: number | null;
  traceCrc32: number | null;
  /** When a delayed job is due; null when it is not waiting for that. */
  scheduledAt: number | null;
  /** Whether a newer pipeline may cancel it. */
  interruptible: boolean;
  /** The resource that it has to hold while it runs; null: none. */
  resourceGroupId: number | null;
  artifactsExpireAt: number | null;
  erasedAt: number | null;
  createdAt: number;
  updatedAt: number;
  queuedAt: number | null;
  startedAt: number | null;
  finishedAt: number | null;
}

/** Seconds that a job ran, or has been running at `now`; null before its start. */
export function durationOf(job: Pick<Job, 'startedAt' | 'finishedAt'>, now: number): number | null {
  return job.startedAt === null ? null : Math.max(0, ((job.finishedAt ?? now) - job.startedAt) / 1000);
}

/** Seconds that a job waited for a runner, or has been waiting at `now`; null when it never was in the queue. */
export function queuedDurationOf(job: Pick<Job, 'queuedAt' | 'startedAt' | 'finishedAt'>, now: number): number | null {
  return job.queuedAt === null ? null : Math.max(0, ((job.startedAt ?? job.finishedAt ?? now) - job.queuedAt) / 1000);
}
