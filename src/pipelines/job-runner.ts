import { Type } from 'typebox';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import '../runners/app.ts';
import { RunnerEntry, RunnerManagerEntry } from '../runners/api.ts';
import { managerEntry, runnerEntries } from '../runners/details.ts';
import { managersById, runnersById, runningManagers } from './job-runner-store.ts';
import type { Job } from './job.ts';

/** The two fields of a job that say who runs it. */
export const jobRunnerFields = {
  runner: Type.Union([RunnerEntry, Type.Null()], { description: 'The runner that took it.' }),
  runner_manager: Type.Union([RunnerManagerEntry, Type.Null()], { description: 'The machine that took it.' }),
};

/** The runner of a job as JSON shows it; the manager is null when it is gone or the agent names none. */
export interface RunnerOfJob {
  runner: RunnerEntry;
  manager: RunnerManagerEntry | null;
}

/** The runners of many jobs, by the id of the job; jobs without one, or whose runner is gone, are not in it. */
export async function runnersOfJobs(
  app: App,
  jobs: readonly Pick<Job, 'id' | 'runnerId' | 'managerId'>[],
): Promise<Map<number, RunnerOfJob>> {
  const runnerIds = jobs.flatMap((job) => job.runnerId ?? []);
  if (runnerIds.length === 0) return new Map();
  const managerIds = jobs.flatMap((job) => job.managerId ?? []);
  const entries = await runnerEntries(app, await runnersById(app.db, runnerIds));
  const managers = await managersById(app.db, managerIds);
  const busy = await runningManagers(app.db, managerIds);
  const runnerById = new Map(entries.map((entry) => [entry.id, entry]));
  const managerById = new Map(managers.map((manager) => [manager.id, managerEntry(app, manager, busy)]));
  return new Map(
    jobs.flatMap((job) => {
      const runner = runnerById.get(job.runnerId ?? 0);
      return runner === undefined ? [] : [[job.id, { runner, manager: managerById.get(job.managerId ?? 0) ?? null }]];
    }),
  );
}
