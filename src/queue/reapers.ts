import '../access/app.ts';
import '../traces/app.ts';
import type { Tx } from '../db/tx.ts';
import type { App } from '../http/route.ts';
import { readSettings, type ApplicationSettings } from '../namespaces/settings.ts';
import type { FailureReason } from '../pipelines/job-state.ts';
import { findJob } from '../pipelines/job-store.ts';
import type { FailureEvidence, Job } from '../pipelines/job.ts';
import { recordTrace } from '../pipelines/trace-record.ts';
import { transition } from '../pipelines/transition.ts';
import './job-calls.ts';
import { freshManager } from '../runners/contact.ts';
import { overdueSchedules, runningJobs, waitingJobs, type RunningJob } from './reaper-store.ts';
import { createStuckCheck } from './stuck.ts';

/*
 * Jobs that nobody will end otherwise (runner protocol 15.2, decision 0009). A sweep finds candidates in the narrow tables, page by
 * page, and ends each in a transaction of its own that looks at the job again: whoever was faster wins.
 */

const page = 1000;
/** Jobs that are ended side by side: on SQLite they share a commit. */
const atOnce = 8;

/** Why a job is ended, and what was known: kept with the job. Times in ms. */
interface Verdict {
  jobId: number;
  failureReason: FailureReason;
  /** Whether the job is still what the sweep has seen. */
  holds(job: Job): boolean;
  /** Seconds: the limit that was passed. */
  threshold: number;
  /** Last call of the machine or, as far as it is written, about the job; null for a job that is on none. */
  lastContactAt: number | null;
}

/**
 * Fails jobs that have been pending for too long: early when no active runner that was online lately can take them, else late. Gives
 * how many.
 */
export async function reapPending(app: App, signal?: AbortSignal): Promise<number> {
  const now = app.clock.now();
  const settings = await readSettings(app.db);
  const isStuck = createStuckCheck(app, now);
  const shortest = Math.min(settings.stuckJobTimeout, settings.pendingJobTimeout);
  let ended = 0;
  let after = { queuedAt: 0, jobId: 0 };
  for (;;) {
    const waiting = await waitingJobs(app.db, now - shortest * 1000, after, page);
    const verdicts: Verdict[] = [];
    for (const job of waiting) {
      const stuck = await isStuck(job);
      const threshold = stuck ? settings.stuckJobTimeout : settings.pendingJobTimeout;
      if (job.queuedAt >= now - threshold * 1000) continue;
      verdicts.push({
        jobId: job.jobId,
        failureReason: stuck ? 'stuck_pending_no_matching_runners' : 'stuck_pending_with_matching_runners',
        holds: ({ status, queuedAt }) => status === 'pending' && queuedAt === job.queuedAt,
        threshold,
        lastContactAt: null,
      });
    }
    ended += await endAll(app, verdicts, signal);
    const last = waiting.at(-1);
    if (last === undefined || waiting.length < page || signal?.aborted === true) return ended;
    after = last;
  }
}

/**
 * Ends jobs on runners whose agent has fallen silent or that are far past their timeout: a running job fails, a canceling one is
 * canceled. Silence before `countsSince` (ms) says nothing. Gives how many.
 */
export async function reapRunning(app: App, countsSince: number, signal?: AbortSignal): Promise<number> {
  const now = app.clock.now();
  const settings = await readSettings(app.db);
  const { silentJobTimeout, jobLease, overdueJobGrace } = settings;
  const shortest = jobLease === 0 ? silentJobTimeout : Math.min(silentJobTimeout, jobLease);
  const bounds = { updatedBefore: now - shortest * 1000, startedBefore: now - overdueJobGrace * 1000 };
  let ended = 0;
  let after = 0;
  for (;;) {
    const running = await runningJobs(app.db, bounds, after, page);
    const verdicts = running.map((job) => verdictOf(withFreshContact(app, job), settings, countsSince, now)).filter((one) => one !== null);
    ended += await endAll(app, verdicts, signal);
    const last = running.at(-1);
    if (last === undefined || running.length < page || signal?.aborted === true) return ended;
    after = last.jobId;
  }
}

/** Fails delayed jobs that are overdue for so long that nobody wants them any more. Gives how many. */
export async function reapSchedules(app: App, signal?: AbortSignal): Promise<number> {
  const { staleScheduleTimeout } = await readSettings(app.db);
  const overdue = await overdueSchedules(app.db, app.clock.now() - staleScheduleTimeout * 1000, page);
  const verdicts = overdue.map((jobId): Verdict => ({
    jobId,
    failureReason: 'stale_schedule',
    holds: ({ status }) => status === 'scheduled',
    threshold: staleScheduleTimeout,
    lastContactAt: null,
  }));
  return endAll(app, verdicts, signal);
}

type Thresholds = Pick<ApplicationSettings, 'silentJobTimeout' | 'jobLease' | 'overdueJobGrace'>;

/** Whether a job on a runner is to be ended at `now`, and why; null: it goes on. Times in ms. */
function verdictOf(job: RunningJob, thresholds: Thresholds, countsSince: number, now: number): Verdict | null {
  const { silentJobTimeout, jobLease, overdueJobGrace } = thresholds;
  const { jobId, canceling, updatedAt, startedAt, timeout, manager } = job;
  // Agents that could not reach the server get the time that they would have had.
  const passed = (since: number, seconds: number) => Math.max(since, countsSince) + seconds * 1000 < now;
  const machineAt = manager?.contactedAt ?? null;
  const verdict = (failureReason: FailureReason, threshold: number, holds: Verdict['holds']): Verdict => ({
    jobId,
    failureReason,
    threshold,
    lastContactAt: updatedAt,
    holds: (current) => current.status === (canceling ? 'canceling' : 'running') && holds(current),
  });
  if (timeout !== null && passed(startedAt + timeout * 1000, overdueJobGrace))
    return verdict(canceling ? 'server_timeout_canceling' : 'server_timeout_running', timeout + overdueJobGrace, () => true);
  const silent = canceling ? 'no_updates_canceling' : 'no_updates_running';
  const unchanged = (current: Job) => current.updatedAt === updatedAt;
  // Every call about a job is a contact of its machine, so a machine without contact has sent nothing about the job either.
  if (jobLease > 0 && machineAt !== null && passed(Math.max(machineAt, updatedAt), jobLease))
    return { ...verdict(silent, jobLease, unchanged), lastContactAt: Math.max(machineAt, updatedAt) };
  return passed(updatedAt, silentJobTimeout) ? verdict(silent, silentJobTimeout, unchanged) : null;
}

function withFreshContact(app: App, job: RunningJob): RunningJob {
  const { manager } = job;
  return manager === null ? job : { ...job, manager: freshManager(app.contacts, manager) };
}

async function endAll(app: App, verdicts: readonly Verdict[], signal: AbortSignal | undefined): Promise<number> {
  let ended = 0;
  const errors: unknown[] = [];
  for (let at = 0; at < verdicts.length && signal?.aborted !== true; at += atOnce) {
    const outcomes = await Promise.allSettled(verdicts.slice(at, at + atOnce).map((verdict) => endOne(app, verdict)));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') errors.push(outcome.reason);
      else if (outcome.value) ended++;
    }
  }
  // The others were ended; those that could not be come again with the next sweep.
  if (errors.length > 0) throw errors[0];
  return ended;
}

async function endOne(app: App, verdict: Verdict): Promise<boolean> {
  const { jobId, failureReason, threshold, lastContactAt } = verdict;
  const { calledAt, loggedAt } = app.jobCalls.of(jobId);
  const evidence: FailureEvidence = {
    lastContactAt: calledAt ?? lastContactAt,
    lastLogAt: loggedAt,
    logSize: app.logs.size(jobId),
    threshold,
  };
  const ended = await app.write((tx) => dropJob(app, tx, verdict, evidence));
  if (ended === null) return false;
  app.log.warn({ jobId, failureReason, status: ended.status, ...evidence }, 'ended a job by itself');
  return true;
}

async function dropJob(app: App, tx: Tx, { jobId, failureReason, holds }: Verdict, evidence: FailureEvidence): Promise<Job | null> {
  const job = await findJob(tx, jobId);
  if (job === null || !holds(job)) return null;
  const log = { size: app.logs.size(jobId), crc32: app.logs.crc32(jobId) };
  if (log.size > 0) tx.beforeCommit(app.logs.flushSync);
  const ended = await transition(app, tx, job, 'drop', { failureReason, evidence });
  if (ended !== null && log.size > 0) await recordTrace(tx, jobId, log);
  return ended;
}
