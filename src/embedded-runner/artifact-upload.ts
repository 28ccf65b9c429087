import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { artifactTypes } from '../runner-api/wire.ts';
import type { JobArtifact } from '../runner-api/wire.ts';
import { artifactBody } from './artifact-body.ts';
import { findArtifactFiles } from './artifact-files.ts';
import { NoAnswer, sendForText } from './http-call.ts';
import type { TextAnswer } from './http-call.ts';
import type { JobApi } from './job-api.ts';
import { JobFailure } from './job-failure.ts';
import type { JobLog } from './job-log.ts';
import { expand } from './job-variables.ts';
import { backOff, pause } from './pause.ts';

export interface UploadContext {
  api: JobApi;
  log: JobLog;
  /** The project's folder. */
  folder: string;
  variables: ReadonlyMap<string, string>;
  /** First delay before another try, in milliseconds. */
  retryDelay: number;
  signal: AbortSignal;
}

/** Tries after a 503, and after anything else that may pass (runner protocol 8.1). */
const tries = { unavailable: 6, other: 3 };

/** Uploads one entry of the payload; one that matches no file is only warned about. Throws a JobFailure when it cannot be stored. */
export async function uploadArtifact(context: UploadContext, artifact: JobArtifact): Promise<void> {
  const { log, variables, folder } = context;
  const paths = artifact.paths.map((path) => expand(path, variables, 'a path of artifacts'));
  const exclude = (artifact.exclude ?? []).map((path) => expand(path, variables, 'a path of artifacts:exclude'));
  if (paths.length === 0 && artifact.untracked !== true) return;
  log.line(`Uploading artifacts (${artifact.artifact_type})...`);
  const found = await findArtifactFiles(folder, { paths, exclude, untracked: artifact.untracked ?? false });
  for (const warning of found.warnings) log.line(`WARNING: ${warning}`, 'warning');
  // Only an archive can hold folders and links.
  const files = artifact.artifact_format === 'zip' ? found.files : found.files.filter((file) => file.stats.isFile());
  if (files.length === 0) return log.line('There is nothing to upload.');
  log.line(`Found ${files.length} matching files and folders.`);
  if (artifact.artifact_format === 'raw' && files.length > 1) {
    throw failure(`a report of type ${artifact.artifact_type} is one file, but its path matches ${files.length}`);
  }
  const name = fileName(artifact, variables);
  const url = uploadUrl(context.api, artifact);
  await untilStored(context, url, () => multipart(name, artifactBody(folder, files, artifact.artifact_format)));
  log.line(`Uploaded as ${name}.`);
}

function uploadUrl(api: JobApi, artifact: JobArtifact): URL {
  const url = api.url('/artifacts');
  url.searchParams.set('artifact_format', artifact.artifact_format);
  url.searchParams.set('artifact_type', artifact.artifact_type);
  if (artifact.expire_in !== undefined && artifact.expire_in !== null && artifact.expire_in !== '') {
    url.searchParams.set('expire_in', artifact.expire_in);
  }
  return url;
}

/** The name as the job says it, else the type's own, with the ending of the format. */
function fileName(artifact: JobArtifact, variables: ReadonlyMap<string, string>): string {
  const said = basename(expand(artifact.name ?? '', variables, 'artifacts:name'));
  const kind: { fileName: string | null } | undefined = artifactTypes[artifact.artifact_type];
  const name = said === '' || said === '.' || said === '..' ? (kind?.fileName ?? 'artifacts') : said;
  return `${name}${{ zip: '.zip', gzip: '.gz', raw: '' }[artifact.artifact_format]}`;
}

interface Multipart {
  boundary: string;
  body: Readable;
  /** Made from files: its errors are theirs, those of the body may be the connection's. */
  content: Readable;
}

function multipart(name: string, content: Readable): Multipart {
  const boundary = randomBytes(30).toString('hex');
  const quoted = name.replace(/[\r\n]/g, ' ').replaceAll('"', '%22');
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${quoted}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const tail = `\r\n--${boundary}--\r\n`;
  async function* parts(): AsyncGenerator<Buffer> {
    yield Buffer.from(head);
    for await (const chunk of content) yield chunk as Buffer;
    yield Buffer.from(tail);
  }
  // A failure of the content ends the upload, and an upload that is given up ends the reading of files.
  const body = Readable.from(parts(), { objectMode: false });
  body.once('close', () => content.destroy());
  body.on('error', () => {}); // told by the request, or by the content
  return { boundary, body, content };
}

/** Sends the upload until it is stored or will never be (runner protocol 8.1). */
async function untilStored(context: UploadContext, first: URL, make: () => Multipart): Promise<void> {
  let url = first;
  for (let attempt = 1; ; attempt++) {
    const answer = await sendOnce(context, url, make());
    if (answer?.status === 201) return;
    const said = answer === null ? 'no answer' : `status ${answer.status} ${answer.text.slice(0, 300)}`.trim();
    if (answer?.status === 413) throw failure('the artifacts are too large for the server: upload less, or have its limit raised');
    if (answer?.status === 403) throw failure(`the server does not take artifacts of this job any more (${said})`);
    const most = answer?.status === 503 ? tries.unavailable : tries.other;
    if (attempt >= most) throw failure(`the artifacts could not be uploaded in ${attempt} tries (${said})`);
    url = answer === null ? url : elsewhere(url, answer);
    context.log.line(`WARNING: uploading artifacts failed (${said}), trying again`, 'warning');
    await pause(backOff(attempt - 1, context.retryDelay, 5 * context.retryDelay), context.signal);
    context.signal.throwIfAborted();
  }
}

/** Agents end with 1 when an upload fails (runner protocol 17.2). */
function failure(message: string): JobFailure {
  return new JobFailure('script_failure', message, 1);
}

/** Another host may take uploads: scheme and host of `Location` count (runner protocol 8.1), unless it is less safe than the server. */
function elsewhere(url: URL, { status, headers }: TextAnswer): URL {
  const { location } = headers;
  if ((status !== 307 && status !== 308) || location === undefined || !URL.canParse(location, url.href)) return url;
  const target = new URL(location, url);
  if (target.protocol !== 'https:' && (url.protocol === 'https:' || target.protocol !== 'http:')) return url;
  return new URL(url.pathname + url.search, target.origin);
}

/** The answer, or null when there is none. Throws a JobFailure when the files cannot be read, the reason of the signal when that aborts. */
async function sendOnce(context: UploadContext, url: URL, { boundary, body, content }: Multipart): Promise<TextAnswer | null> {
  let unreadable: Error | null = null;
  content.once('error', (error) => (unreadable = error));
  const headers = { 'JOB-TOKEN': context.api.token, 'Content-Type': `multipart/form-data; boundary=${boundary}` };
  try {
    return await sendForText({ method: 'POST', url, headers, body, idleTimeout: 600_000, signal: context.signal });
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof NoAnswer)) throw error;
    const reason = unreadable as Error | null;
    if (reason !== null) throw failure(`the artifacts cannot be read: ${reason.message}`);
    return null;
  } finally {
    body.destroy();
  }
}
