import type { Db } from '../db/tx.ts';
import { toManager } from '../runners/manager-store.ts';
import type { Runner, RunnerManager } from '../runners/runner.ts';
import { toRunner } from '../runners/store.ts';

/** The runners with these ids; ids may come more than once. */
export async function runnersById(db: Db, ids: readonly number[]): Promise<Runner[]> {
  const rows = await db
    .selectFrom('runners')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return rows.map(toRunner);
}

/** The managers with these ids. */
export async function managersById(db: Db, ids: readonly number[]): Promise<RunnerManager[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('runner_managers')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return rows.map(toManager);
}

/** The ids among `runnerIds` whose runners have a job right now. */
export async function busyRunners(db: Db, runnerIds: readonly number[]): Promise<Set<number>> {
  if (runnerIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('running_jobs')
    .select('runner_id')
    .distinct()
    .where('runner_id', 'in', [...new Set(runnerIds)])
    .execute();
  return new Set(rows.map((row) => row.runner_id));
}

/** Ids of a runner's managers that have a job right now. */
export async function busyManagers(db: Db, runnerId: number): Promise<Set<number>> {
  const rows = await db.selectFrom('running_jobs').select('manager_id').distinct().where('runner_id', '=', runnerId).execute();
  return new Set(rows.flatMap((row) => row.manager_id ?? []));
}

/** The ids among `managerIds` that have a job right now. */
export async function runningManagers(db: Db, managerIds: readonly number[]): Promise<Set<number>> {
  if (managerIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('running_jobs')
    .select('manager_id')
    .distinct()
    .where('running_jobs.runner_id', 'in', (from) =>
      from
        .selectFrom('runner_managers')
        .select('runner_id')
        .where('id', 'in', [...new Set(managerIds)]),
    )
    .execute();
  return new Set(rows.flatMap((row) => row.manager_id ?? []));
}
