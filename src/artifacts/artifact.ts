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

/** The last part of a name as an agent sent it, without anything that could lead elsewhere; `fallback` when nothing is left. */
export function safeFilename(name: string, fallback: string): string {
  const base = (name.split(/[\\/]/).pop() ?? '').replaceAll(/[\p{Cc}"]/gu, '').slice(0, 255);
  return base === '' || base === '.' || base === '..' ? fallback : base;
}
