import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { appendJobTrace } from './append-job-trace.ts';
import { authorizeJobArtifacts } from './authorize-job-artifacts.ts';
import { downloadDependency } from './download-dependency.ts';
import { requestJob } from './request-job.ts';
import { showAllowedAgents } from './show-allowed-agents.ts';
import { showRuntimeEnvironmentKey } from './show-runtime-environment-key.ts';
import { updateJob } from './update-job.ts';
import { uploadJobArtifacts } from './upload-job-artifacts.ts';

/** The wire protocol of agents, but for the registration of runners, which the room `runners` has. */
export const runnerApiRoutes: readonly Route<Guard>[] = [
  requestJob,
  updateJob,
  appendJobTrace,
  uploadJobArtifacts,
  authorizeJobArtifacts,
  downloadDependency,
  showAllowedAgents,
  showRuntimeEnvironmentKey,
];
