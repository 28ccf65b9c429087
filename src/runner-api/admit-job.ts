import '../access/app.ts';
import { HttpError } from '../http/errors.ts';
import { forWrongToken } from '../http/failure-limit.ts';
import type { App } from '../http/route.ts';
import type { Entering } from '../http/route.ts';
import { sameSecret, tokenDigest } from '../lib/ids.ts';
import { findJob } from '../pipelines/job-store.ts';
import { holdsToken, isOnRunner } from '../pipelines/job-state.ts';
import type { Job } from '../pipelines/job.ts';
import { jobStatusHeader } from './wire.ts';

declare module '../access/route.ts' {
  interface Admitted {
    /** The job of the path, which is on a runner or waits for its agent to confirm it, and its token, which was given. */
    job: { job: Job; jobToken: string };
  }
}

/** A call of an agent about its job. */
export interface JobCall {
  job: Job;
  jobToken: string;
}

/**
 * The job that a call of its agent is about: `:id` of the path, proved by its token in the parameter `token` or the header
 * `JOB-TOKEN` (runner protocol 1). Throws 403, never 404, for an unknown job, another token or a job that is over; a known
 * job's status goes along, which ends the job on the agent's side (runner protocol 6.2).
 */
export async function admitJob(app: App, request: Entering, input: Record<string, unknown>): Promise<{ job: Job; jobToken: string }> {
  const job = await jobOfPath(app, request);
  const token = jobTokenOf(request, input);
  if (token === null) throw jobForbidden(null);
  if (job === null) throw forWrongToken(jobForbidden(null));
  // A job that is over has no token any more: what its agent still says is no attempt at one.
  if (!holdsToken(job)) throw jobForbidden(job);
  if (!isTokenOf(job, token)) throw forWrongToken(jobForbidden(job));
  return { job, jobToken: token };
}

/** The job that a path names, or null. */
async function jobOfPath(app: App, { params }: Entering): Promise<Job | null> {
  const id = Number(params['id']);
  return Number.isSafeInteger(id) ? findJob(app.db, id) : null;
}

/** More texts than these in the place of a token are no agent's. */
const mostTokens = 8;
/** An agent writes the token right behind what it says of itself. */
const tokenWithin = 64 * 1024;

/**
 * Whether a job's token stands near the beginning of a body, in a header or in the query: only then is a body read that holds the
 * whole log, as agents up to 11.10 send it (runner protocol 6.1).
 */
export async function mayUpdateAtLength(app: App, request: Entering, head: Buffer): Promise<boolean> {
  const job = await jobOfPath(app, request);
  if (job === null || !isOnRunner(job.status)) return false;
  const found = head
    .subarray(0, tokenWithin)
    .toString('latin1')
    .matchAll(/"token" *: *"([\w.-]+)"|(?:^|&)token=([\w.-]+)/g);
  const tokens = [jobTokenOf(request, {}), ...found.map((match) => match[1] ?? match[2])];
  return tokens.slice(0, mostTokens).some((token) => typeof token === 'string' && isTokenOf(job, token));
}

function isTokenOf(job: Job, token: string): boolean {
  return job.tokenDigest !== null && sameSecret(job.tokenDigest, tokenDigest(token));
}

/** 403 for a call about a job, with the job's status where it is known. */
export function jobForbidden(job: Job | null): HttpError {
  return new HttpError(403, { message: '403 Forbidden' }, job === null ? {} : { [jobStatusHeader]: job.status });
}

/** The parameter counts before the header, as in GitLab. */
function jobTokenOf({ headers, given }: Entering, input: Record<string, unknown>): string | null {
  for (const value of [input['token'], given['token'], headers['job-token'], given['job_token']]) {
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}
