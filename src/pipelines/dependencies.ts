import type { CompiledJob } from '../ci-config/plan.ts';
import type { Db } from '../db/tx.ts';
import { toJob } from './job-store.ts';
import type { Job } from './job.ts';
import { batches } from './status-store.ts';

/** Jobs whose archives a job fetches: all of earlier stages (null), or those with these names. */
type Wanted = readonly string[] | null;

/** What a job wants by its configuration (CI configuration 9.3): `needs` with artifacts and `dependencies`, in both if both. */
export function wantedNames({ needs, dependencies }: Pick<CompiledJob, 'needs' | 'dependencies'>): Wanted {
  const needed = needs?.filter((need) => need.artifacts).map((need) => need.job) ?? null;
  if (needed === null || dependencies === null) return needed ?? dependencies;
  return needed.filter((name) => dependencies.includes(name));
}

/** The jobs whose archives `job` is to fetch first, whether they have one or not; in the order of stages and ids. */
export async function dependencyJobs(db: Db, job: Job, compiled: Pick<CompiledJob, 'needs' | 'dependencies'>): Promise<Job[]> {
  const wanted = wantedNames(compiled);
  return wanted === null ? earlierJobs(db, job) : namedJobs(db, job.pipelineId, wanted);
}

/**
 * Whether a job names a dependency whose artifacts are gone, by expiry or because they were erased: then it cannot run
 * (`missing_dependency_failure`). `now` in ms.
 */
export async function lostDependency(
  db: Db,
  job: Job,
  compiled: Pick<CompiledJob, 'needs' | 'dependencies'>,
  now: number,
): Promise<boolean> {
  if (compiled.dependencies === null) return false;
  const named = await dependencyJobs(db, job, compiled);
  return named.some((one) => one.erasedAt !== null || (one.artifactsExpireAt !== null && one.artifactsExpireAt <= now));
}

async function earlierJobs(db: Db, job: Job): Promise<Job[]> {
  if (job.stageIndex === 0) return [];
  const rows = await db
    .selectFrom('jobs')
    .selectAll()
    .where('pipeline_id', '=', job.pipelineId)
    .where('retried', '=', 0)
    .where('stage_index', '<', job.stageIndex)
    .execute();
  return inOrder(rows.map(toJob));
}

async function namedJobs(db: Db, pipelineId: number, names: readonly string[]): Promise<Job[]> {
  const found: Job[] = [];
  for (const some of batches(names)) {
    const rows = await db
      .selectFrom('jobs')
      .selectAll()
      .where('pipeline_id', '=', pipelineId)
      .where('retried', '=', 0)
      .where('name', 'in', some)
      .execute();
    found.push(...rows.map(toJob));
  }
  return inOrder(found);
}

function inOrder(jobs: readonly Job[]): Job[] {
  return jobs.toSorted((a, b) => a.stageIndex - b.stageIndex || a.id - b.id);
}
