import type { CompiledJob } from '../ci-config/plan.ts';
import type { Db } from '../db/tx.ts';
import { toJob } from './job-store.ts';
import type { Job } from './job.ts';

/**
 * The jobs whose archives a job fetches before it starts (CI configuration 9.3): the needed ones with `artifacts: true`, cut down to
 * `dependencies` where both are given; else the one that is given; else all jobs of earlier stages. Newest tries only, in the
 * order of the pipeline; whether they have an archive is another question.
 */
export async function dependencyJobs(db: Db, job: Job, compiled: CompiledJob): Promise<Job[]> {
  const names = dependencyNames(compiled);
  if (names !== null && names.size === 0) return [];
  let query = db
    .selectFrom('jobs')
    .selectAll()
    .where('pipeline_id', '=', job.pipelineId)
    .where('retried', '=', 0)
    .where('id', '!=', job.id);
  query = names === null ? query.where('stage_index', '<', job.stageIndex) : query.where('name', 'in', [...names]);
  const rows = await query.orderBy('id').execute();
  return rows.map(toJob).filter((other) => other.status === 'success' || names !== null);
}

function dependencyNames({ needs, dependencies }: CompiledJob): Set<string> | null {
  const listed = dependencies === null ? null : new Set(dependencies);
  if (needs === null) return listed;
  const needed = needs.filter((need) => need.artifacts).map((need) => need.job);
  return new Set(listed === null ? needed : needed.filter((name) => listed.has(name)));
}

/** Whether a job names a dependency whose artifacts have expired at `now` (ms) or were erased, so that it cannot run. */
export async function lostDependency(db: Db, job: Job, compiled: CompiledJob, now: number): Promise<boolean> {
  if (compiled.dependencies === null || compiled.dependencies.length === 0) return false;
  const jobs = await dependencyJobs(db, job, compiled);
  return jobs.some((other) => other.erasedAt !== null || (other.artifactsExpireAt !== null && other.artifactsExpireAt <= now));
}
