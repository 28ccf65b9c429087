import type { JobStatus } from './job-state.ts';

export const pipelineSources = [
  'push',
  'web',
  'trigger',
  'schedule',
  'api',
  'external',
  'pipeline',
  'chat',
  'webide',
  'merge_request_event',
  'external_pull_request_event',
  'parent_pipeline',
  'ondemand_dast_scan',
  'ondemand_dast_validation',
  'security_orchestration_policy',
] as const;
/** What made a pipeline (`CI_PIPELINE_SOURCE`). */
export type PipelineSource = (typeof pipelineSources)[number];

/** A pipeline. Times in ms since the epoch. */
export interface Pipeline {
  id: number;
  /** Number within the project, from 1. */
  iid: number;
  projectId: number;
  /** Short name of the branch or tag. */
  ref: string;
  tag: boolean;
  /** Whether the branch or tag was protected when the pipeline was made. */
  protected: boolean;
  sha: string;
  /** Tip of the ref before the push; 40 zeros when there was none. */
  beforeSha: string;
  source: PipelineSource;
  status: JobStatus;
  userId: number | null;
  /** What is wrong with the configuration; such a pipeline has failed and has no jobs. */
  yamlErrors: string | null;
  name: string | null;
  createdAt: number;
  updatedAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  /** Seconds in which at least one job ran; null before the end. */
  duration: number | null;
}
