import type { Selectable } from 'kysely';
import type { ArtifactRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import { isOnRunner, type JobStatus } from '../pipelines/job-state.ts';
import { batches } from '../pipelines/status-store.ts';
import type { Artifact } from './artifact.ts';

function toArtifact(row: Selectable<ArtifactRow>): Artifact {
  return {
    id: row.id,
    jobId: row.job_id,
    projectId: row.project_id,
    fileType: row.file_type,
    fileFormat: row.file_format,
    filename: row.filename,
    size: row.size,
    sha256: row.sha256,
    objectKey: row.object_key,
    accessibility: row.accessibility === 'private' ? 'private' : 'public',
    expireAt: row.expire_at,
    createdAt: row.created_at,
  };
}

/** The artifact of a type that a job has, or null; expired ones included. */
export async function findArtifact(db: Db, jobId: number, fileType: string): Promise<Artifact | null> {
  const row = await db.selectFrom('artifacts').selectAll().where('job_id', '=', jobId).where('file_type', '=', fileType).executeTakeFirst();
  return row === undefined ? null : toArtifact(row);
}

/** All artifacts of these jobs, in the order of their upload. */
export async function artifactsOfJobs(db: Db, jobIds: readonly number[]): Promise<Artifact[]> {
  if (jobIds.length === 0) return [];
  const rows = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('job_id', 'in', [...jobIds])
    .orderBy('id')
    .execute();
  return rows.map(toArtifact);
}

/** Adds an artifact; a second one of the same type violates a unique index. */
export async function insertArtifact(tx: Tx, artifact: Omit<Artifact, 'id'>): Promise<void> {
  await tx
    .insertInto('artifacts')
    .values({
      job_id: artifact.jobId,
      project_id: artifact.projectId,
      file_type: artifact.fileType,
      file_format: artifact.fileFormat,
      filename: artifact.filename,
      size: artifact.size,
      sha256: artifact.sha256,
      object_key: artifact.objectKey,
      accessibility: artifact.accessibility,
      expire_at: artifact.expireAt,
      created_at: artifact.createdAt,
    })
    .execute();
}

/** Takes these jobs' artifacts away and gives them back, so that their bytes can go after the commit. */
export async function deleteArtifacts(tx: Tx, jobIds: readonly number[]): Promise<Artifact[]> {
  if (jobIds.length === 0) return [];
  const rows = await tx
    .deleteFrom('artifacts')
    .where('job_id', 'in', [...jobIds])
    .returningAll()
    .execute();
  return rows.map(toArtifact);
}

/** Up to `limit` artifacts that expired at `until` (ms) or before, the longest expired first. */
export async function expiredArtifacts(db: Db, until: number, limit: number): Promise<Artifact[]> {
  const rows = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('expire_at', '<=', until)
    .orderBy('expire_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(toArtifact);
}

/** Forgets expired artifacts whose bytes are gone. */
export async function deleteExpired(tx: Tx, ids: readonly number[]): Promise<void> {
  for (const some of batches(ids)) await tx.deleteFrom('artifacts').where('id', 'in', some).execute();
}

/**
 * Holds a job that its agent uploads for, until the transaction ends. False when it has ended: nothing comes to it any more.
 */
export async function lockRunningJob(tx: Tx, jobId: number): Promise<boolean> {
  const row = await tx.dialect.lockRows(tx.selectFrom('jobs').select('status').where('id', '=', jobId)).executeTakeFirst();
  return row !== undefined && isOnRunner(row.status as JobStatus);
}

/** Sets when the artifacts of a job as a whole expire (ms), as its JSON tells; null: never. */
export async function setJobExpiry(tx: Tx, jobId: number, expireAt: number | null): Promise<void> {
  await tx.updateTable('jobs').set({ artifacts_expire_at: expireAt }).where('id', '=', jobId).execute();
}

/** Sets when all of a job's artifacts expire; null: never. */
export async function setExpiry(tx: Tx, jobId: number, expireAt: number | null): Promise<void> {
  await tx.updateTable('artifacts').set({ expire_at: expireAt }).where('job_id', '=', jobId).execute();
  await setJobExpiry(tx, jobId, expireAt);
}

/** Id of the newest successful job of a name on a ref that has an archive, or null. */
export async function latestJobWithArchive(db: Db, projectId: number, ref: string, name: string): Promise<number | null> {
  const row = await db
    .selectFrom('jobs')
    .innerJoin('artifacts', (join) => join.onRef('artifacts.job_id', '=', 'jobs.id').on('artifacts.file_type', '=', 'archive'))
    .select('jobs.id')
    .where('jobs.project_id', '=', projectId)
    .where('jobs.ref', '=', ref)
    .where('jobs.name', '=', name)
    .where('jobs.status', '=', 'success')
    .where('jobs.retried', '=', 0)
    .orderBy('jobs.id', 'desc')
    .executeTakeFirst();
  return row?.id ?? null;
}
