import type { Static } from 'typebox';
import '../access/app.ts';
import '../traces/app.ts';
import { badParameter, badRequest, HttpError } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { toFailureReason } from '../pipelines/job-state.ts';
import { findJob } from '../pipelines/job-store.ts';
import type { Job } from '../pipelines/job.ts';
import { recordTrace } from '../pipelines/trace-record.ts';
import { transition } from '../pipelines/transition.ts';
import { noteJobContact } from './keep-alive.ts';
import { maskBytes } from '../traces/mask-bytes.ts';
import { jobForbidden, type JobCall } from './admit-job.ts';
import type { JobUpdateInput } from './api.ts';
import { confirmedJob, keepJobWaiting } from './confirm-job.ts';
import { mustBeBelowLogLimit } from './log-limit.ts';
import { logSecrets } from './log-secrets.ts';
import { jobStatusHeader, traceIntervalHeader } from './wire.ts';

type Update = Static<typeof JobUpdateInput>;

/** Largest exit code that is kept (runner protocol 6.1); Windows knows larger ones. */
const mostExitCode = 32_767;

const minuteMs = 60_000;
const states = ['pending', 'running', 'success', 'failed'];

/**
 * Seconds between two calls of an agent about a job: 1 while somebody reads the log, else 3, which become up to 10 for a job that has
 * been running for a while. Not more: an agent learns only by calling that its job is canceled or watched (runner protocol 13).
 */
export function traceInterval(app: App, { id, startedAt }: Pick<Job, 'id' | 'startedAt'>): number {
  if (app.logs.watching(id)) return 1;
  const minutes = startedAt === null ? 0 : Math.floor((app.clock.now() - startedAt) / minuteMs);
  return Math.min(3 + Math.max(0, minutes), 10);
}

/**
 * What an agent says of its job takes effect; gives the headers of the answer (runner protocol 6). The final state is durable,
 * with every log byte before it, when the promise resolves. A job that waits for its agent's word can only be confirmed, or
 * kept waiting (runner protocol 12).
 */
export async function updateState(app: App, call: JobCall, update: Update): Promise<Record<string, string | number>> {
  const { state } = update;
  if (state !== undefined && !states.includes(state)) throw badParameter('state does not have a valid value');
  if (state === 'pending') {
    await keepJobWaiting(app, call.job);
    await noteJobContact(app, call.job);
    return { [jobStatusHeader]: call.job.status };
  }
  if (call.job.status === 'pending' && state !== 'running') throw badRequest('the job waits for its runner to confirm it');
  const job = await confirmedJob(app, call.job);
  if (typeof update.trace === 'string') await replaceLog(app, job, call.jobToken, Buffer.from(update.trace, 'utf8'));
  if (state === undefined || state === 'running') {
    await noteJobContact(app, job);
    return { [jobStatusHeader]: job.status, [traceIntervalHeader]: traceInterval(app, job) };
  }
  askForMissingLog(app, job, update);
  await finish(app, job, update);
  return {};
}

/** The whole log anew, from an agent whose patches got out of step (runner protocol 6.1). */
async function replaceLog(app: App, job: Job, jobToken: string, bytes: Buffer): Promise<void> {
  await mustBeBelowLogLimit(app, job, bytes.length);
  app.logs.replace(job.id, maskBytes(bytes, await logSecrets(app, job, jobToken)));
}

/**
 * 412, once for a job, when the log that is here is not the one that the agent holds: agents from 13.4 on then send all of it
 * again (runner protocol 6.3), which replaces what is here. Older ones send no checksum.
 */
function askForMissingLog(app: App, job: Job, { output, checksum }: Update): void {
  const wanted = output?.checksum ?? checksum ?? null;
  if (wanted === null || wanted === crcText(app.logs.crc32(job.id)) || app.logs.wasAskedAgain(job.id)) return;
  app.logs.askAgain(job.id);
  app.log.warn({ jobId: job.id }, 'log differs from what the agent holds, asked for all of it');
  throw new HttpError(412, { message: '412 Precondition Failed' }, { [jobStatusHeader]: job.status });
}

/** `crc32:` and 8 hexadecimal digits, as agents write it. */
function crcText(crc: number): string {
  return `crc32:${(crc >>> 0).toString(16).padStart(8, '0')}`;
}

async function finish(app: App, job: Job, update: Update): Promise<void> {
  const exitCode =
    update.exit_code === null || update.exit_code === undefined ? null : Math.min(Math.max(update.exit_code, 0), mostExitCode);
  const ended = await app.write(async (tx) => {
    tx.beforeCommit(app.logs.flushSync);
    const changed =
      update.state === 'success'
        ? await transition(app, tx, job.id, 'success')
        : await transition(app, tx, job.id, 'drop', { failureReason: toFailureReason(update.failure_reason), exitCode });
    if (changed !== null) await recordTrace(tx, job.id, { size: app.logs.size(job.id), crc32: app.logs.crc32(job.id) });
    return changed;
  });
  // Somebody ended it between the check of the token and this write: the agent is told how.
  if (ended === null) throw jobForbidden(await findJob(app.db, job.id));
}
