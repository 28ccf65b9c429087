import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import '../access/app.ts';
import { conflict, HttpError, invalid, tooLarge } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { parseDuration } from '../lib/duration.ts';
import { readSettings } from '../namespaces/settings.ts';
import type { Job } from '../pipelines/job.ts';
import './app.ts';
import { safeFilename, type Artifact } from './artifact.ts';
import { deleteArtifacts, findArtifact, insertArtifact, setExpiry } from './store.ts';

/** What is known of a file before its bytes. */
export interface Upload {
  fileType: string;
  fileFormat: string;
  filename: string;
  /** Natural text, or null for the instance's default. */
  expireIn: string | null;
  accessibility: 'public' | 'private';
  file: Readable;
}

const mebibyte = 1024 * 1024;

/**
 * Streams a file of a job into the object store and notes it. The same content twice is no error, other content of a type
 * that is there already is 400 (runner protocol 8.1); over the limit 413. An upload that fails leaves nothing behind.
 */
export async function keepArtifact(app: App, job: Job, upload: Upload): Promise<void> {
  const settings = await readSettings(app.db);
  const limit = settings.maxArtifactsSize * mebibyte;
  const now = app.clock.now();
  const expireAt = expiryOf(upload.expireIn, settings.defaultArtifactsExpireIn, now);
  const objectKey = `artifacts/${String(job.projectId)}/${String(job.id)}/${upload.fileType}-${randomUUID()}`;
  const stored = await app.objects.put(objectKey, upload.file, { limit }).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'ObjectTooLarge')
      throw tooLarge(`artifacts may have up to ${settings.maxArtifactsSize} MiB, see max_artifacts_size in the application settings`);
    throw error;
  });
  const artifact: Omit<Artifact, 'id'> = {
    jobId: job.id,
    projectId: job.projectId,
    fileType: upload.fileType,
    fileFormat: upload.fileFormat,
    filename: safeFilename(upload.filename, 'artifacts.zip'),
    ...stored,
    objectKey,
    accessibility: upload.accessibility,
    expireAt,
    createdAt: now,
  };
  const refusal = await app.write(async (tx): Promise<HttpError | null> => {
    const before = await findArtifact(tx, job.id, upload.fileType);
    if (before !== null)
      return before.sha256 === stored.sha256 ? conflict('same') : invalid('another artifact of the same type already exists');
    await insertArtifact(tx, artifact);
    await setExpiry(tx, job.id, expireAt);
    return null;
  });
  if (refusal === null) return;
  await app.objects.delete(objectKey);
  if (refusal.status !== 409) throw refusal;
}

/** Removes all artifacts of jobs with the transaction, and their bytes after its commit. */
export async function eraseArtifacts(app: App, tx: Parameters<typeof deleteArtifacts>[0], jobIds: readonly number[]): Promise<void> {
  const gone = await deleteArtifacts(tx, jobIds);
  tx.afterCommit(() => {
    for (const { objectKey } of gone) {
      app.objects
        .delete(objectKey)
        .catch((error: unknown) => app.log.warn({ err: error, objectKey }, 'bytes of an erased artifact not removed'));
    }
  });
}

/** Time of expiry (ms), or null for never: `never`, `0`, or a text that is no duration where none was asked for. */
function expiryOf(expireIn: string | null, otherwise: string, now: number): number | null {
  const text = expireIn === null || expireIn.trim() === '' ? otherwise : expireIn;
  if (/^\s*(never|0)\s*$/i.test(text)) return null;
  const seconds = parseDuration(text);
  if (seconds === null) throw invalid('expire_in is no duration: write it like `1 week` or `3 mins 4 sec`, or `never`');
  return now + seconds * 1000;
}
