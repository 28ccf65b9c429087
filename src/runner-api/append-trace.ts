import type { Readable } from 'node:stream';
import '../access/app.ts';
import '../traces/app.ts';
import { badParameter, HttpError } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { isOnRunner } from '../pipelines/job-state.ts';
import { findJob } from '../pipelines/job-store.ts';
import type { Job } from '../pipelines/job.ts';
import { markDebugLog } from '../traces/debug-log-store.ts';
import { maskBytes } from '../traces/mask-bytes.ts';
import { jobForbidden, type JobCall } from './admit-job.ts';
import { chunksOf } from './body-patience.ts';
import { confirmedJob } from './confirm-job.ts';
import { noteJobContact } from './keep-alive.ts';
import { mustBeBelowLogLimit } from './log-limit.ts';
import { logSecrets } from './log-secrets.ts';
import { traceInterval } from './update-state.ts';
import { jobStatusHeader, traceIntervalHeader } from './wire.ts';

/** Bytes that are held of one call: agents up to 11.10 send all that they have in one, of any size. */
const pieceBytes = 1024 * 1024;

/** What the headers and the query say of a body. */
interface Piece {
  contentRange: string | undefined;
  /** Agents say so of a log that tells everything which the shell does (runner protocol 7.1). */
  debug: boolean;
}

/** The size of a log after a call, and the headers of the answer. */
export interface AppendedTrace {
  size: number;
  headers: Record<string, string | number>;
}

/**
 * Appends a body to a job's log at the offset that `Content-Range` names. The end in that header is not read: old agents give
 * one too many (runner protocol 7.1). It is taken piece by piece, so what had come when a client hangs up is there, and the
 * agent learns so from the 416 to its next try. Throws 400, 403, 408 for bytes that do not come or, with the size that is here, 416.
 */
export async function appendTrace(
  app: App,
  { job: given, jobToken }: JobCall,
  { contentRange, debug }: Piece,
  body: Readable,
): Promise<AppendedTrace> {
  let at = startOf(contentRange);
  const job = await confirmedJob(app, given);
  // Asked for all of it, the agent begins anew; until it does, what came before can be read.
  const anew = at === 0 && app.logs.awaitsAll(job.id);
  if (!anew && app.logs.size(job.id) !== at) throw outOfRange(app, job);
  if (debug && at === 0) await app.write((tx) => markDebugLog(tx, job.id));
  const secrets = await logSecrets(app, job, jobToken);
  let current = job;
  for await (const piece of piecesOf(chunksOf(app, body))) {
    await mustBeBelowLogLimit(app, job, at + piece.length);
    // The body may have taken its time: a log takes nothing after the end of its job.
    current = await mustStillRun(app, job);
    if (anew && at === 0) app.logs.truncate(job.id);
    if (!app.logs.append(job.id, at, maskBytes(piece, secrets)).ok) throw outOfRange(app, current);
    at += piece.length;
  }
  await noteJobContact(app, job, true);
  const headers = { [jobStatusHeader]: current.status, Range: `0-${at}`, [traceIntervalHeader]: traceInterval(app, job) };
  return { size: at, headers };
}

function outOfRange(app: App, job: Job): HttpError {
  const headers = { Range: `0-${app.logs.size(job.id)}`, [jobStatusHeader]: job.status };
  return new HttpError(416, { message: '416 Range Not Satisfiable' }, headers);
}

async function mustStillRun(app: App, { id }: Job): Promise<Job> {
  const job = await findJob(app.db, id);
  if (job === null || !isOnRunner(job.status)) throw jobForbidden(job);
  return job;
}

/** Offset of the first byte in `START-END` or `START-END/TOTAL`; the end of an empty body is one before its start. */
function startOf(contentRange: string | undefined): number {
  if (contentRange === undefined) throw badParameter('400 Missing header Content-Range');
  const match = /^(?:bytes )?(\d{1,15})-(?:-?\d+)?(?:\/(?:\d+|\*))?$/.exec(contentRange.trim());
  if (match === null) throw badParameter('400 Invalid header Content-Range: write START-END');
  return Number(match[1]);
}

/** The body in pieces of about a mebibyte. */
async function* piecesOf(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size < pieceBytes) continue;
    yield Buffer.concat(chunks);
    chunks = [];
    size = 0;
  }
  const [first] = chunks;
  if (first !== undefined) yield chunks.length === 1 ? first : Buffer.concat(chunks);
}
