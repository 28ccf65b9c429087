/** A file that a job has left behind; its bytes are in the object store. Times in ms since the epoch. */
export interface Artifact {
  id: number;
  jobId: number;
  projectId: number;
  /** `archive`, `junit`, … : one of each for a job. */
  fileType: string;
  fileFormat: string;
  filename: string;
  /** Bytes. */
  size: number;
  /** Hexadecimal. */
  sha256: string;
  objectKey: string;
  accessibility: 'public' | 'private';
  expireAt: number | null;
  createdAt: number;
}

/** Whether an artifact can still be fetched at `now` (ms). */
export function isAvailable(artifact: Artifact, now: number): boolean {
  return artifact.expireAt === null || artifact.expireAt > now;
}

/** Bytes go this much later (ms) than they can be fetched, and can be saved for half of it: no removal overtakes who keeps them. */
export const removedAfter = 60_000;

/** Whether an artifact that may have expired can be kept for ever at `now` (ms). */
export function canBeKept(artifact: Artifact, now: number): boolean {
  return artifact.expireAt === null || artifact.expireAt > now - removedAfter / 2;
}

/** The last part of a name as an agent sent it, without anything that could lead elsewhere; `fallback` when nothing is left. */
export function safeFilename(name: string, fallback: string): string {
  const base = (name.split(/[\\/]/).pop() ?? '').replaceAll(/[\p{Cc}"]/gu, '').slice(0, 255);
  return base === '' || base === '.' || base === '..' ? fallback : base;
}
