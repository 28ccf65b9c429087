import { guardWords } from '../access/guard-words.ts';
import type { Logger } from '../access/app.ts';
import { findUser } from '../access/store.ts';
import type { Actor } from '../access/user.ts';
import { eraseArtifacts } from '../artifacts/keep.ts';
import { artifactsOfJobs } from '../artifacts/store.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/tx.ts';
import { createMaintenance } from '../git/maintenance.ts';
import { firstCommit, repositoryAccess } from '../git/project-repository.ts';
import type { Repositories } from '../git/repository.ts';
import { ServeSlots } from '../git/serve-slots.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import { openApi } from '../http/openapi.ts';
import type { App } from '../http/route.ts';
import type { Clock } from '../lib/clock.ts';
import { TokenBuckets } from '../lib/token-buckets.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import { userNamespaces } from '../namespaces/user-namespace.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { batonVersion, compatibleVersion, revision } from '../ops/version.ts';
import type { JobArtifact } from '../pipelines/app.ts';
import { createFromPush } from '../pipelines/push.ts';
import { busyManagers, busyRunners } from '../pipelines/job-runner-store.ts';
import { holdsToken } from '../pipelines/job-state.ts';
import { findJobByToken } from '../pipelines/job-store.ts';
import { removeProjectPipelines } from '../pipelines/remove.ts';
import { assignResource } from '../pipelines/resources.ts';
import { ClaimLine } from '../queue/claim-line.ts';
import { JobCalls } from '../queue/job-calls.ts';
import { createDispatcher } from '../queue/dispatcher.ts';
import { createQueueValue } from '../queue/queue-value.ts';
import { createRecentWaits } from '../queue/recent-waits.ts';
import { TakenJobs } from '../queue/taken-jobs.ts';
import { createContacts } from '../runners/contact.ts';
import { dropGroupRunners, dropProjectRunners } from '../runners/drop.ts';
import { agentPatience } from '../runner-api/body-patience.ts';
import '../runner-api/keep-alive.ts';
import type { LogStore } from '../traces/log-store.ts';
import { routes } from './routes.ts';

/** What is opened before the rooms can be connected. */
export interface Opened {
  config: Config;
  database: Database;
  objects: ObjectStore;
  logs: LogStore;
  repositories: Repositories;
  secrets: SecretBox;
  clock: Clock;
  log: Logger;
  /** How long a request for a job may be held (ms); 0: not at all. */
  holdMs: number;
}

/** Fetches and pushes that are served at once; more wait for their turn. */
const gitSlots = 64;

/** Connects the rooms: everything that one of them needs from another is supplied here, and only here. */
export function connectRooms({ config, database, objects, logs, repositories, secrets, clock, log, holdMs }: Opened): App {
  const queueValue = createQueueValue();
  const dispatcher = createDispatcher({ db: database.read, log }, holdMs, Date.now);
  const app: App = {
    db: database.read,
    write: database.write,
    config,
    clock,
    secrets,
    log,
    objects,
    logs,
    repositories,
    url: config.url ?? '',
    serverVersion: { version: compatibleVersion, revision },
    openApi: () => openApi(routes, guardWords, { version: batonVersion, url: app.url }),
    contacts: createContacts(),
    failures: new FailureLimit(config.failuresPerMinute),
    polls: new TokenBuckets(config.pollsPerMinute),
    queueValue,
    dispatcher,
    jobCalls: new JobCalls(),
    recentWaits: createRecentWaits(),
    takenJobs: new TakenJobs(),
    claimLine: new ClaimLine(database.dialect.contendersAtOnce),
    gitSlots: new ServeSlots(gitSlots),
    gitMaintenance: createMaintenance(log),
    bodyPatience: agentPatience,

    ...repositoryAccess(repositories),
    firstCommit: (project, user) => firstCommit(app, project, user),
    refsUpdated: (project, user, push) => createFromPush(app, project, user, push),
    userByJobToken: (token) => userByJobToken(app, token),

    isBusy: (runnerIds) => busyRunners(app.db, runnerIds),
    busyManagers: (runnerId) => busyManagers(app.db, runnerId),
    jobsPending(jobIds) {
      queueValue.tick();
      dispatcher.jobsPending(jobIds);
    },
    // A job may have ended without a log, or by somebody else than its agent: either way no more bytes will come.
    jobFinished(job) {
      app.jobCalls.forget(job.id);
      logs.finish(job.id);
    },
    resourcesFreed: (ids) => handOver(app, ids),
    artifactsOf: (jobIds) => artifactsOf(app, jobIds),
    eraseArtifacts: (tx, jobIds) => eraseArtifacts(app, tx, jobIds),
    eraseTrace: (jobId) => logs.erase(jobId),

    ...connectRemoval(() => app),
  };
  return app;
}

type Removal = 'addUserNamespace' | 'renameUserNamespace' | 'groupsOwnedAlone' | 'dropUser' | 'dropProjects' | 'dropGroups';

/** What happens to the things of users, groups and projects that are made or go. */
function connectRemoval(app: () => App): Pick<App, Removal> {
  return {
    addUserNamespace: (tx, user) => userNamespaces(app()).addUserNamespace(tx, user),
    renameUserNamespace: (tx, user) => userNamespaces(app()).renameUserNamespace(tx, user),
    groupsOwnedAlone: (db, userId) => userNamespaces(app()).groupsOwnedAlone(db, userId),
    dropUser: (tx, user, groupIds) => userNamespaces(app()).dropUser(tx, user, groupIds),
    async dropProjects(tx, projectIds) {
      await removeProjectPipelines(app(), tx, projectIds);
      await dropProjectRunners(tx, projectIds);
    },
    dropGroups: dropGroupRunners,
  };
}

/** Whoever does not get a resource now gets it by the sweep that looks for free ones. */
function handOver(app: App, resourceIds: readonly number[]): void {
  for (const resourceId of resourceIds) {
    assignResource(app, resourceId).catch((error: unknown) => app.log.error({ err: error, resourceId }, 'resource not handed over'));
  }
}

async function userByJobToken(app: App, token: string): Promise<Actor | null> {
  const job = await findJobByToken(app.db, token);
  if (job === null || !holdsToken(job) || job.userId === null) return null;
  const user = await findUser(app.db, job.userId);
  if (user === null || user.state === 'blocked') return null;
  return { user, scopes: [], tokenId: null, job: { id: job.id, projectId: job.projectId } };
}

async function artifactsOf(app: App, jobIds: readonly number[]): Promise<Map<number, JobArtifact[]>> {
  const byJob = new Map<number, JobArtifact[]>();
  for (const { jobId, fileType, fileFormat, filename, size } of await artifactsOfJobs(app.db, jobIds)) {
    const list = byJob.get(jobId) ?? [];
    list.push({ fileType, fileFormat, filename, size });
    byJob.set(jobId, list);
  }
  return byJob;
}
