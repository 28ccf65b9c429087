import { Type } from 'typebox';
import type { Selectable } from 'kysely';
import type { RunnerManagerRow } from '../db/tables.ts';
import type { Db } from '../db/tx.ts';
import { NullableString, OneOf } from '../http/parameters.ts';
import { isoTime, isoTimeOrNull } from '../lib/iso-time.ts';
import { isOnline, runnerTypes, statusOf, type Runner } from '../runners/runner.ts';
import { toRunner } from '../runners/store.ts';
import type { Job } from './job.ts';

/** The runner that took a job, as the job's JSON shows it: the form of lists (runners API A.4, B.1). */
const JobRunner = Type.Object({
  id: Type.Integer({ description: 'Id of the runner.' }),
  description: NullableString({ description: 'Description.' }),
  ip_address: NullableString({ description: 'Address of its last contact.' }),
  active: Type.Boolean({ description: 'Whether it gets jobs.' }),
  paused: Type.Boolean({ description: 'The opposite of `active`.' }),
  is_shared: Type.Boolean({ description: 'Whether it is an instance runner.' }),
  runner_type: OneOf(runnerTypes, { description: 'Whom it serves.' }),
  name: NullableString({ description: 'What its agent is called.' }),
  online: Type.Union([Type.Boolean(), Type.Null()], { description: 'Whether it was in contact lately; null: never.' }),
  status: OneOf(['never_contacted', 'paused', 'online', 'offline'], { description: 'Where it stands.' }),
});

/** The machine that took a job (runners API B.1). */
const JobManager = Type.Object({
  id: Type.Integer({ description: 'Id of the manager.' }),
  system_id: Type.String({ description: 'What its agent calls the machine.' }),
  version: NullableString({ description: 'Version of the agent.' }),
  revision: NullableString({ description: 'Revision of the agent.' }),
  platform: NullableString({ description: 'Operating system.' }),
  architecture: NullableString({ description: 'Architecture.' }),
  created_at: Type.String({ description: 'When it first made contact.' }),
  contacted_at: NullableString({ description: 'When it last made contact.' }),
  ip_address: NullableString({ description: 'Address of its last contact.' }),
  status: OneOf(['never_contacted', 'online', 'offline'], { description: 'Where it stands.' }),
});

/** The two fields of a job that say who runs it. */
export const jobRunnerFields = {
  runner: Type.Union([JobRunner, Type.Null()], { description: 'The runner that took it.' }),
  runner_manager: Type.Union([JobManager, Type.Null()], { description: 'The machine that took it.' }),
};

type Manager = Pick<
  Selectable<RunnerManagerRow>,
  'id' | 'system_id' | 'version' | 'revision' | 'platform' | 'architecture' | 'ip_address' | 'created_at' | 'contacted_at'
>;

/** The runner of a job; the manager is null when it is gone or the agent names none. */
export interface RunnerOfJob {
  runner: Runner;
  manager: Manager | null;
}

/** The runners of many jobs, by the id of the job; jobs without one, or whose runner is gone, are not in it. */
export async function runnersOfJobs(
  db: Db,
  jobs: readonly Pick<Job, 'id' | 'runnerId' | 'managerId'>[],
): Promise<Map<number, RunnerOfJob>> {
  const runnerIds = new Set(jobs.flatMap((job) => job.runnerId ?? []));
  const managerIds = new Set(jobs.flatMap((job) => job.managerId ?? []));
  if (runnerIds.size === 0) return new Map();
  const runners = await db
    .selectFrom('runners')
    .selectAll()
    .where('id', 'in', [...runnerIds])
    .execute();
  const managers =
    managerIds.size === 0
      ? []
      : await db
          .selectFrom('runner_managers')
          .selectAll()
          .where('id', 'in', [...managerIds])
          .execute();
  const runnerById = new Map(runners.map((row) => [row.id, toRunner(row)]));
  const managerById = new Map(managers.map((row) => [row.id, row]));
  return new Map(
    jobs.flatMap((job) => {
      const runner = runnerById.get(job.runnerId ?? 0);
      return runner === undefined ? [] : [[job.id, { runner, manager: managerById.get(job.managerId ?? 0) ?? null }]];
    }),
  );
}

/** Runner of a job → JSON. `now` in ms. */
export function presentJobRunner(of: RunnerOfJob | null, { now }: { now: number }) {
  if (of === null) return null;
  const { runner } = of;
  return {
    id: runner.id,
    description: runner.description,
    ip_address: runner.ipAddress,
    active: runner.active,
    paused: !runner.active,
    is_shared: runner.type === 'instance_type',
    runner_type: runner.type,
    name: runner.name,
    online: isOnline(runner, now),
    status: statusOf(runner, now),
  };
}

/** Manager of a job → JSON. `now` in ms. */
export function presentJobManager(of: RunnerOfJob | null, { now }: { now: number }) {
  const manager = of?.manager ?? null;
  if (manager === null) return null;
  const online = isOnline({ contactedAt: manager.contacted_at }, now);
  return {
    id: manager.id,
    system_id: manager.system_id,
    version: manager.version,
    revision: manager.revision,
    platform: manager.platform,
    architecture: manager.architecture,
    created_at: isoTime(manager.created_at),
    contacted_at: isoTimeOrNull(manager.contacted_at),
    ip_address: manager.ip_address,
    status: online === null ? ('never_contacted' as const) : online ? ('online' as const) : ('offline' as const),
  };
}
