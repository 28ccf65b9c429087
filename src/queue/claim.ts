import '../access/app.ts';
import { findUser } from '../access/store.ts';
import type { Tx } from '../db/tx.ts';
import type { App } from '../http/route.ts';
import { newToken, tokenDigest } from '../lib/ids.ts';
import { findProject } from '../namespaces/project-store.ts';
import type { Project } from '../namespaces/project.ts';
import { findDefinition, type Definition } from '../pipelines/definition-store.ts';
import { lostDependency } from '../pipelines/dependencies.ts';
import type { FailureReason } from '../pipelines/job-state.ts';
import { findJob } from '../pipelines/job-store.ts';
import type { Job } from '../pipelines/job.ts';
import { transition } from '../pipelines/transition.ts';
import type { Runner } from '../runners/runner.ts';
import { unfitTagSet } from './can-run.ts';
import { unsupportedFeature } from './needed-features.ts';
import './recent-waits.ts';
import './taken-jobs.ts';
import { candidateJobs, mostCandidates, pendingTagSets } from './store.ts';

/** Who asks for a job. */
export interface Claimant {
  runner: Runner;
  managerId: number;
  /** Feature flags of the request that are true (runner protocol 4.2). */
  features: ReadonlySet<string>;
  /** Only jobs that have waited for longer than this many seconds. */
  jobAge: number;
  /** Whether the claimant still waits for the answer: no job goes to one that has hung up. */
  isConnected(): boolean;
}

/** A job that is now running on the claimant's runner, with the only copy of its token. */
export interface Claimed {
  job: Job;
  token: string;
  project: Project;
  definition: Definition;
}

/**
 * Gives the claimant the next job that it may take. `none`: nothing fits; `lost`: something did, and others took it or there was
 * more than one request looks at, which agents are told with 409 (runner protocol 14). Jobs that must not be handed out are
 * failed on the way, with the reason.
 */
export async function claimJob(app: App, claimant: Claimant): Promise<Claimed | 'none' | 'lost'> {
  const { runner } = claimant;
  const wanted = { runUntagged: runner.runUntagged, tags: new Set(runner.tags) };
  const tagSets = await pendingTagSets(app.db);
  const fitting = [...tagSets].filter(([, tags]) => unfitTagSet(wanted, tags) === null).map(([id]) => id);
  const candidates = await candidateJobs(app.db, runner, fitting, app.clock.now() - claimant.jobAge * 1000);
  let lost = candidates.length === mostCandidates;
  for (const jobId of candidates) {
    if (!claimant.isConnected()) return 'none';
    if (app.takenJobs.has(jobId)) {
      lost = true;
      continue;
    }
    const attempt = () => app.write((tx) => claimOne(app, tx, jobId, claimant));
    const outcome = await app.takenJobs.during(jobId, attempt, (result) => result !== 'gone' && result !== 'lost');
    if (outcome === 'lost') lost = true;
    else if (outcome === 'gone') return 'none';
    else if (outcome !== 'refused') return outcome;
  }
  return lost ? 'lost' : 'none';
}

/** Takes one job in one transaction: zero changed rows mean that somebody was faster. */
async function claimOne(app: App, tx: Tx, jobId: number, claimant: Claimant): Promise<Claimed | 'lost' | 'refused' | 'gone'> {
  const job = await findJob(tx, jobId);
  if (job === null || job.status !== 'pending') return 'lost';
  const project = await findProject(tx, job.projectId);
  if (project === null) return 'lost';
  const definition = await findDefinition(tx, app.secrets, job.id);
  const failureReason = await reasonToRefuse(app, tx, { job, project, definition }, claimant);
  if (failureReason !== null) {
    await transition(app, tx, job, 'drop', { failureReason });
    return 'refused';
  }
  const { runner, managerId, features, isConnected } = claimant;
  if (!isConnected()) return 'gone';
  const token = newToken('glcbt-');
  const started = await transition(app, tx, job, 'run', {
    runnerId: runner.id,
    managerId,
    tokenDigest: tokenDigest(token),
    ...timeoutOf(definition.compiled.timeout, project, runner),
    cancelGracefully: features.has('cancel_gracefully'),
    instanceRunner: runner.type === 'instance_type',
  });
  if (started === null) return 'lost';
  tx.afterCommit(() => app.recentWaits.note(started.tagSetId, (started.startedAt ?? 0) - (started.queuedAt ?? 0), app.clock.now()));
  return { job: started, token, project, definition };
}

/** Checks before a job is handed out, in the contract's order (runner protocol 4.4). */
async function reasonToRefuse(
  app: App,
  tx: Tx,
  { job, project, definition }: Pick<Claimed, 'job' | 'project' | 'definition'>,
  { features }: Claimant,
): Promise<FailureReason | null> {
  if (await lostDependency(tx, job, definition.compiled, app.clock.now())) return 'missing_dependency_failure';
  if (unsupportedFeature(definition.compiled, features) !== null) return 'runner_unsupported';
  if (!project.jobsEnabled) return 'builds_disabled';
  const user = job.userId === null ? null : await findUser(tx, job.userId);
  return user?.state === 'blocked' ? 'user_blocked' : null;
}

/** The job's own timeout or else the project's, or the runner's maximum where that is lower (runner protocol 15.1). Seconds. */
function timeoutOf(ofJob: number | null, project: Project, runner: Runner): { timeout: number; timeoutSource: string } {
  const wanted = ofJob ?? project.buildTimeout;
  const { maximumTimeout } = runner;
  if (maximumTimeout !== null && maximumTimeout < wanted) return { timeout: maximumTimeout, timeoutSource: 'runner' };
  return { timeout: wanted, timeoutSource: ofJob === null ? 'project' : 'job' };
}
