import '../access/app.ts';
import { HttpError } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import type { Entering } from '../http/route.ts';
import { sameSecret, tokenDigest } from '../lib/ids.ts';
import { findJob } from '../pipelines/job-store.ts';
import { isOnRunner } from '../pipelines/job-state.ts';
import type { Job } from '../pipelines/job.ts';
import { jobStatusHeader } from './wire.ts';

declare module '../access/route.ts' {
  interface Admitted {
    /** The running or canceling job of the path, whose token was given. */
    job: { job: Job };
  }
}

/**
 * The job that a call of its agent is about: `:id` of the path, proved by its token in the parameter `token` or the header
 * `JOB-TOKEN` (runner protocol 1). Throws 403, never 404, for an unknown job, another token or a job that is over; a known
 * job's status goes along, which ends the job on the agent's side (runner protocol 6.2).
 */
export async function admitJob(app: App, request: Entering, input: Record<string, unknown>): Promise<{ job: Job }> {
  const id = Number(request.params['id']);
  const job = Number.isSafeInteger(id) ? await findJob(app.db, id) : null;
  const token = jobTokenOf(request, input);
  if (job === null || token === null) throw jobForbidden(null);
  if (!isOnRunner(job.status) || job.tokenDigest === null || !sameSecret(job.tokenDigest, tokenDigest(token))) throw jobForbidden(job);
  return { job };
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
