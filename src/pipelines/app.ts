import type { Tx } from '../db/tx.ts';
import type { Commit } from '../git/commits.ts';
import type { ResolvedRef } from '../git/refs.ts';
import type { Job } from './job.ts';

declare module '../http/route.ts' {
  interface App {
    /** Told after the commit that made these jobs pending. */
    jobsPending(jobIds: number[]): void;
    /** Told after the commit that ended this job (`success`, `failed` or `canceled`). */
    jobFinished(job: Job): void;

    /** Told after the commit that freed these resources, or left one free: gives each to the job whose turn it is. */
    resourcesFreed(resourceIds: number[]): void;

    /** The GitLab version whose contract is kept, and our revision. */
    serverVersion: { version: string; revision: string };

    /**
     * A file of at most 2 MiB in a project's repository at a commit (full id); null when there is no such file or commit.
     * Throws git's `ObjectTooLarge` for a longer one.
     */
    readRepositoryFile(projectId: number, sha: string, path: string): Promise<Uint8Array | null>;
    /** The commit with this full id, or null. */
    findCommit(projectId: number, sha: string): Promise<Commit | null>;
    /** What a user means by the name of a branch or tag; null when there is no such thing. */
    resolveRef(projectId: number, name: string): Promise<ResolvedRef | null>;
    /** Makes the ref by which agents fetch a pipeline's commit; one that is there already is no error. */
    createPipelineRef(projectId: number, pipelineId: number, sha: string): Promise<void>;
    /** Removes these refs; those that are gone already are no error. */
    deletePipelineRefs(projectId: number, pipelineIds: readonly number[]): Promise<void>;

    /** What jobs have left behind, by the id of the job; jobs without anything are not in it. */
    artifactsOf(jobIds: readonly number[]): Promise<Map<number, JobArtifact[]>>;
    /** Removes all artifacts of these jobs in the transaction, and their bytes after it. */
    eraseArtifacts(tx: Tx, jobIds: readonly number[]): Promise<void>;
    /** Removes the log of a job. */
    eraseTrace(jobId: number): Promise<void>;
  }
}

/** A file that a job has left behind, as the job's JSON shows it. */
export interface JobArtifact {
  /** `archive`, `metadata`, `trace`, `junit`, … */
  fileType: string;
  /** `zip`, `gzip`, `raw`; null where a type has none. */
  fileFormat: string | null;
  filename: string;
  /** Bytes. */
  size: number;
}
