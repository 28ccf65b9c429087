import { randomUUID } from 'node:crypto';
import '../access/app.ts';
import type { Tx } from '../db/tx.ts';
import { invalid, tooLarge } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { parseDuration } from '../lib/duration.ts';
import { readSettings } from '../namespaces/settings.ts';
import { ObjectTooLarge, type Source, type StoredObject } from '../objects/object-store.ts';
import type { Job } from '../pipelines/job.ts';
import { deleteDotenvVariables, insertDotenvVariables } from '../pipelines/dotenv-store.ts';
import './app.ts';
import { safeFilename, type Artifact } from './artifact.ts';
import { readDotenv } from './dotenv.ts';
import { artifactsOfJobs, deleteArtifacts, insertArtifact, lockRunningJob, setJobExpiry } from './store.ts';

/** What is known of a file before its bytes. */
export interface Upload {
  fileType: string;
  fileFormat: string;
  /** As its agent calls it. */
  filename: string | undefined;
  /** Natural text, or null for the instance's default. */
  expireIn: string | null;
  accessibility: 'public' | 'private';
  file: AsyncIterable<Buffer>;
}

const mebibyte = 1024 * 1024;

/** What became of an upload: the same content a second time is no error (runner protocol 8.1). */
type Kept = 'kept' | 'there already' | 'another is there' | 'job ended';

/**
 * Streams a file of a job into the object store and notes it. False when the job has ended meanwhile. Throws 413 over the limit,
 * 400 for other content of a type that is there already, and for a dotenv report that cannot be read. An upload that is not kept leaves nothing behind.
 */
export async function keepArtifact(app: App, job: Job, upload: Upload): Promise<boolean> {
  const settings = await readSettings(app.db);
  const now = app.clock.now();
  const expireAt = expiryOf(upload.expireIn, settings.defaultArtifactsExpireIn, now);
  const objectKey = `artifacts/${String(job.projectId)}/${String(job.id)}/${upload.fileType}-${randomUUID()}`;
  const report = upload.fileType === 'dotenv' ? await readDotenv(upload.file) : null;
  const stored = await store(app, objectKey, report?.packed ?? upload.file, settings.maxArtifactsSize);
  const artifact: Omit<Artifact, 'id'> = {
    jobId: job.id,
    projectId: job.projectId,
    fileType: upload.fileType,
    fileFormat: upload.fileFormat,
    filename: safeFilename(upload.filename ?? '', upload.fileType === 'archive' ? 'artifacts.zip' : upload.fileType),
    ...stored,
    objectKey,
    accessibility: upload.accessibility,
    expireAt,
    createdAt: now,
  };
  let outcome: Kept | null = null;
  try {
    outcome = await app.write(async (tx) => {
      const kept = await note(tx, artifact);
      if (kept === 'kept' && report !== null) await insertDotenvVariables(tx, app.secrets, job.id, report.variables);
      return kept;
    });
  } finally {
    if (outcome !== 'kept') await app.objects.delete(objectKey);
  }
  if (outcome === 'another is there') throw invalid('another artifact of the same type already exists');
  return outcome !== 'job ended';
}

async function store(app: App, objectKey: string, file: Source, limit: number): Promise<StoredObject> {
  try {
    return await app.objects.put(objectKey, file, { limit: limit * mebibyte });
  } catch (error) {
    if (!(error instanceof ObjectTooLarge)) throw error;
    throw tooLarge(`artifacts may have up to ${limit} MiB, see max_artifacts_size in the application settings`);
  }
}

async function note(tx: Tx, artifact: Omit<Artifact, 'id'>): Promise<Kept> {
  const { jobId, fileType, sha256, expireAt } = artifact;
  if (!(await lockRunningJob(tx, jobId))) return 'job ended';
  const all = await artifactsOfJobs(tx, [jobId]);
  const before = all.find((one) => one.fileType === fileType);
  if (before !== undefined) return before.sha256 === sha256 ? 'there already' : 'another is there';
  await insertArtifact(tx, artifact);
  // A report that comes after the archive does not say how long that is kept.
  if (fileType === 'archive' || all.length === 0) await setJobExpiry(tx, jobId, expireAt);
  return 'kept';
}

/** Removes all artifacts of jobs, and what they left to other jobs, with the transaction, and the bytes after its commit. */
export async function eraseArtifacts(app: App, tx: Tx, jobIds: readonly number[]): Promise<void> {
  const gone = await deleteArtifacts(tx, jobIds);
  await deleteDotenvVariables(tx, jobIds);
  tx.afterCommit(() => {
    for (const { objectKey } of gone) {
      app.objects
        .delete(objectKey)
        .catch((error: unknown) => app.log.warn({ err: error, objectKey }, 'bytes of an erased artifact not removed'));
    }
  });
}

/** Nobody waits longer; and a time must be one that can be written. */
const lastTime = Date.UTC(9999, 11, 31);

/** Time of expiry (ms), or null for never: `never`, `0`, or beyond all times. */
function expiryOf(expireIn: string | null, otherwise: string, now: number): number | null {
  const text = expireIn === null || expireIn.trim() === '' ? otherwise : expireIn;
  if (/^\s*never\s*$/i.test(text)) return null;
  const seconds = parseDuration(text);
  if (seconds === null) throw invalid('expire_in is no duration: write it like `1 week` or `3 mins 4 sec`, or `never`');
  const at = now + seconds * 1000;
  return seconds === 0 || at > lastTime ? null : at;
}
