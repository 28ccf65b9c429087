import { HttpError, notFound } from '../http/errors.ts';
import { log } from './commits.ts';
import { ObjectTooLarge } from './object-reader.ts';
import { resolveRef } from './refs.ts';
import type { Repository } from './repository.ts';
import { findEntry } from './tree.ts';

/** A file at a branch, tag or commit. */
export interface RepositoryFile {
  path: string;
  /** As it was asked for. */
  ref: string;
  bytes: Buffer;
  blobId: string;
  commitId: string;
  /** The commit that changed the file last. */
  lastCommitId: string;
  executable: boolean;
}

/** Bytes that a file may have which is read over the API. */
const maxFileBytes = 100 * 1024 * 1024;

/** Reads a file. Throws 404 when there is no such ref or file, and 413 for a file of more than 100 MiB. */
export async function findFile(repository: Repository, ref: string, path: string): Promise<RepositoryFile> {
  const resolved = await resolveRef(repository, ref);
  if (resolved === null) throw notFound('Commit');
  const entry = await findEntry(repository, resolved.sha, path);
  if (entry?.type !== 'blob') throw notFound('File');
  const [blob, [last]] = await Promise.all([
    readBlob(repository, entry.oid),
    log(repository, resolved.sha, { path: entry.path, limit: 1 }),
  ]);
  return {
    path: entry.path,
    ref,
    bytes: blob,
    blobId: entry.oid,
    commitId: resolved.sha,
    lastCommitId: last?.id ?? resolved.sha,
    executable: entry.mode === '100755',
  };
}

async function readBlob(repository: Repository, oid: string): Promise<Buffer> {
  try {
    const blob = await repository.objects.read(repository.gitDir, oid, maxFileBytes);
    if (blob === null) throw notFound('File');
    return blob.bytes;
  } catch (error) {
    if (!(error instanceof ObjectTooLarge)) throw error;
    const message = `413 Request Entity Too Large - the file has ${error.size} bytes, more than ${error.limit}: fetch it with git`;
    throw new HttpError(413, { message });
  }
}
