import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { deleteJobArtifacts } from './delete-job-artifacts.ts';
import { downloadJobArtifacts } from './download-job-artifacts.ts';
import { downloadLatestArtifacts } from './download-latest-artifacts.ts';
import { keepJobArtifacts } from './keep-job-artifacts.ts';

/** The endpoints of users for what jobs have left behind. */
export const artifactsRoutes: readonly Route<Guard>[] = [
  downloadJobArtifacts,
  downloadLatestArtifacts,
  keepJobArtifacts,
  deleteJobArtifacts,
];
