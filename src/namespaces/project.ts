import type { Visibility } from './namespace.ts';

/** A project: one repository, its settings and its pipelines. Times in ms since the epoch. */
export interface Project {
  id: number;
  namespaceId: number;
  name: string;
  path: string;
  fullPath: string;
  description: string | null;
  visibility: Visibility;
  defaultBranch: string;
  creatorId: number;
  /** Whether instance runners may take its jobs. */
  sharedRunnersEnabled: boolean;
  /** Whether runners of the groups above it may take its jobs. */
  groupRunnersEnabled: boolean;
  /** Whether pushes make pipelines at all. */
  jobsEnabled: boolean;
  /** Seconds; jobs without a timeout of their own get this one. */
  buildTimeout: number;
  /** Path of the configuration in the repository; null: `.gitlab-ci.yml`. */
  ciConfigPath: string | null;
  /** Commits that a fetch of a job brings; 0 for all. */
  gitDepth: number;
  /** true: jobs fetch into the copy that is there; false: they clone anew. */
  allowGitFetch: boolean;
  /** Whether jobs of a public or internal project can be read without membership. */
  publicJobs: boolean;
  archived: boolean;
  topics: string[];
  /** Seconds, or null. */
  runnerTokenExpirationInterval: number | null;
  createdAt: number;
  updatedAt: number;
  lastActivityAt: number;
}
