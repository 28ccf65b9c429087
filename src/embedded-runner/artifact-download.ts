import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { JobDependency } from '../runner-api/wire.ts';
import { extractArchive } from './artifact-extract.ts';
import { NoAnswer, send, type Answer } from './http-call.ts';
import type { JobApi } from './job-api.ts';
import { JobFailure } from './job-failure.ts';
import type { JobLog } from './job-log.ts';
import { pause } from './pause.ts';

export interface DownloadContext {
  api: JobApi;
  log: JobLog;
  /** The project's folder. */
  folder: string;
  /** Where the archive may stand while it is unpacked. */
  secrets: string;
  /** Delay before another try, in milliseconds. */
  retryDelay: number;
  signal: AbortSignal;
}

const tries = 3;
const mostRedirects = 5;

/** Fetches and unpacks the archive of a job that this one depends on (runner protocol 8.3). Throws a JobFailure. */
export async function downloadArtifact(context: DownloadContext, dependency: JobDependency): Promise<void> {
  const { log, secrets, folder } = context;
  log.line(`Downloading artifacts of ${dependency.name} (${dependency.id})...`);
  const file = join(secrets, `dependency-${dependency.id}.zip`);
  for (let attempt = 1; ; attempt++) {
    const outcome = await fetchOnce(context, dependency, file, attempt === 1);
    if (outcome === 'done') break;
    if (attempt === tries || context.signal.aborted) {
      throw new JobFailure('script_failure', `the artifacts of ${dependency.name} could not be fetched (${outcome}) in ${attempt} tries`);
    }
    log.line(`Downloading failed (${outcome}), trying again`, 'warning');
    await pause(context.retryDelay, context.signal);
  }
  const { count, skipped } = await extractArchive(file, folder, context.signal);
  await rm(file, { force: true });
  log.line(`Unpacked ${count} files and folders.`);
  if (skipped.length > 0)
    log.line(`WARNING: left out because they lead out of the folder or into .git: ${skipped.slice(0, 10).join(', ')}`, 'warning');
}

/** `done`, or what went wrong in a way that may pass. Throws a JobFailure for what will not. */
async function fetchOnce({ api, signal }: DownloadContext, dependency: JobDependency, file: string, direct: boolean): Promise<string> {
  const url = api.dependencyUrl(dependency.id);
  // Only the first try may be sent to the object store, in case that cannot be reached from here.
  if (direct) url.searchParams.set('direct_download', 'true');
  try {
    const answer = await follow(url, { 'JOB-TOKEN': dependency.token }, signal);
    if (answer.status !== 200) {
      answer.body.resume();
      if ([401, 403, 404].includes(answer.status)) {
        throw new JobFailure(
          'script_failure',
          `the artifacts of ${dependency.name} are not to be had (status ${answer.status}): they have expired, were erased, or are not for this job`,
        );
      }
      return `status ${answer.status}`;
    }
    await pipeline(answer.body, createWriteStream(file, { mode: 0o600 }));
    return 'done';
  } catch (error) {
    if (error instanceof JobFailure) throw error;
    if (error instanceof NoAnswer) return 'no answer';
    return (error as Error).message;
  }
}

/** Follows redirects. The token goes to the server alone, never to where it sends us. */
async function follow(first: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  let url = first;
  for (let hop = 0; ; hop++) {
    const answer = await send({ method: 'GET', url, headers: url.origin === first.origin ? headers : {}, signal });
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    answer.body.resume();
    if (hop === mostRedirects) throw new Error('too many redirects');
    url = new URL(location, url);
  }
}
