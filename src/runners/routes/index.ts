import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { assignProjectRunner } from './assign-project-runner.ts';
import { createUserRunner } from './create-user-runner.ts';
import { deleteRunner } from './delete-runner.ts';
import { deleteRunnerByToken } from './delete-runner-by-token.ts';
import { deleteRunnerManager } from './delete-runner-manager.ts';
import { discoverJobRouter } from './discover-job-router.ts';
import { listAllRunners } from './list-all-runners.ts';
import { listGroupRunners } from './list-group-runners.ts';
import { listOwnedRunners } from './list-owned-runners.ts';
import { listProjectRunners } from './list-project-runners.ts';
import { listRunnerManagers } from './list-runner-managers.ts';
import { listRunnerProjects } from './list-runner-projects.ts';
import { registerRunner } from './register-runner.ts';
import { resetAuthenticationToken } from './reset-authentication-token.ts';
import { resetGroupRegistrationToken } from './reset-group-registration-token.ts';
import { resetProjectRegistrationToken } from './reset-project-registration-token.ts';
import { resetRegistrationToken } from './reset-registration-token.ts';
import { resetRunnerToken } from './reset-runner-token.ts';
import { showRunner } from './show-runner.ts';
import { unassignProjectRunner } from './unassign-project-runner.ts';
import { updateRunner } from './update-runner.ts';
import { verifyRunner } from './verify-runner.ts';

/** The Runners API: what people and their tools do with runners, and the registration of agents. */
export const runnersRoutes: readonly Route<Guard>[] = [
  listOwnedRunners,
  listAllRunners,
  listProjectRunners,
  listGroupRunners,
  showRunner,
  updateRunner,
  deleteRunner,
  listRunnerManagers,
  listRunnerProjects,
  createUserRunner,
  assignProjectRunner,
  unassignProjectRunner,
  registerRunner,
  deleteRunnerByToken,
  verifyRunner,
  deleteRunnerManager,
  resetRunnerToken,
  resetAuthenticationToken,
  resetRegistrationToken,
  resetProjectRegistrationToken,
  resetGroupRegistrationToken,
  discoverJobRouter,
];
