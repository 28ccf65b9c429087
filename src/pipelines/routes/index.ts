import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { cancelJob } from './cancel-job.ts';
import { cancelPipeline } from './cancel-pipeline.ts';
import { createPipeline } from './create-pipeline.ts';
import { deletePipeline } from './delete-pipeline.ts';
import { eraseJob } from './erase-job.ts';
import { lintContent } from './lint-content.ts';
import { lintProject } from './lint-project.ts';
import { listPipelineBridges } from './list-pipeline-bridges.ts';
import { listPipelineJobs } from './list-pipeline-jobs.ts';
import { listPipelineVariables } from './list-pipeline-variables.ts';
import { listPipelines } from './list-pipelines.ts';
import { listProjectJobs } from './list-project-jobs.ts';
import { listRunnerJobs } from './list-runner-jobs.ts';
import { playJob } from './play-job.ts';
import { retryJob } from './retry-job.ts';
import { retryPipeline } from './retry-pipeline.ts';
import { showJob } from './show-job.ts';
import { showLatestPipeline } from './show-latest-pipeline.ts';
import { showPipeline } from './show-pipeline.ts';
import { showRunningJob } from './show-running-job.ts';

/** The endpoints of pipelines and jobs. */
export const pipelinesRoutes: readonly Route<Guard>[] = [
  cancelJob,
  cancelPipeline,
  createPipeline,
  deletePipeline,
  eraseJob,
  lintContent,
  lintProject,
  listPipelineBridges,
  listPipelineJobs,
  listPipelineVariables,
  listPipelines,
  listProjectJobs,
  listRunnerJobs,
  playJob,
  retryJob,
  retryPipeline,
  showJob,
  showLatestPipeline,
  showPipeline,
  showRunningJob,
];
