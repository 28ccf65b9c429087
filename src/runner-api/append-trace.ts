import type { Readable } from 'node:stream';
import '../access/app.ts';
import '../traces/app.ts';
import { badParameter, HttpError, tooLarge } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { readSettings } from '../namespaces/settings.ts';
import type { Job } from '../pipelines/job.ts';
import { transition } from '../pipelines/transition.ts';
import { jobForbidden } from './admit-job.ts';
import { noteJobContact } from './keep-alive.ts';
import { traceInterval } from './update-state.ts';
import { jobStatusHeader, traceIntervalHeader } from './wire.ts';

const mebibyte = 1024 * 1024;
/** Agents from 11.11 on send at most 1 MiB a call; older ones all that they have, which their own limit keeps at a few MiB. */
const mostBytes = 64 * mebibyte;

/**
 * Appends the body to a job's log at the offset that `Content-Range` names. The end in that header is not read: old agents
 * give one too many (runner protocol 7.1). Throws 400, 403, 413 or, with the size that is here, 416.
 */
export async function appendTrace(
  app: App,
  job: Job,
  contentRange: string | undefined,
  body: Readable,
): Promise<{ size: number; headers: Record<string, string | number> }> {
  const start = startOf(contentRange);
  const bytes = await readAll(body);
  await refuseOverLimit(app, job, start + bytes.length);
  const appended = app.logs.append(job.id, start, bytes);
  const headers = { [jobStatusHeader]: job.status, Range: `0-${appended.size}`, [traceIntervalHeader]: traceInterval(app, job.id) };
  if (!appended.ok)
    throw new HttpError(416, { message: '416 Range Not Satisfiable' }, { Range: `0-${appended.size}`, [jobStatusHeader]: job.status });
  await noteJobContact(app, job);
  return { size: appended.size, headers };
}

/** Offset of the first byte in `START-END` or `START-END/TOTAL`. */
function startOf(contentRange: string | undefined): number {
  if (contentRange === undefined) throw badParameter('400 Missing header Content-Range');
  const match = /^(?:bytes )?(\d{1,15})-\d*(?:\/(?:\d+|\*))?$/.exec(contentRange.trim());
  if (match === null) throw badParameter('400 Invalid header Content-Range: write START-END');
  return Number(match[1]);
}

async function readAll(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw tooLarge(`send at most ${mostBytes / mebibyte} MiB of a log at once`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** A log that reaches the limit fails its job (runner protocol 7.2). */
async function refuseOverLimit(app: App, job: Job, size: number): Promise<void> {
  // Settings are read for long logs only: the limit cannot be below a mebibyte.
  if (size < mebibyte) return;
  const { maxLogSize } = await readSettings(app.db);
  if (size < maxLogSize * mebibyte) return;
  const dropped = await app.write((tx) => transition(app, tx, job.id, 'drop', { failureReason: 'trace_size_exceeded' }));
  throw jobForbidden(dropped ?? job);
}
