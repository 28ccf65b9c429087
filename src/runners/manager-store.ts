import type { Selectable, Updateable } from 'kysely';
import type { RunnerManagerRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { RunnerManager } from './runner.ts';

/** Row → manager. */
export function toManager(row: Selectable<RunnerManagerRow>): RunnerManager {
  return {
    id: row.id,
    runnerId: row.runner_id,
    systemId: row.system_id,
    version: row.version,
    revision: row.revision,
    platform: row.platform,
    architecture: row.architecture,
    executor: row.executor,
    ipAddress: row.ip_address,
    createdAt: row.created_at,
    contactedAt: row.contacted_at,
  };
}

/** All managers of a runner, newest first as GitLab lists them. */
export async function managersOf(db: Db, runnerId: number): Promise<RunnerManager[]> {
  const rows = await db.selectFrom('runner_managers').selectAll().where('runner_id', '=', runnerId).orderBy('id', 'desc').execute();
  return rows.map(toManager);
}

/** The manager of a runner with this system id, or null. */
export async function findManager(db: Db, runnerId: number, systemId: string): Promise<RunnerManager | null> {
  const row = await db
    .selectFrom('runner_managers')
    .selectAll()
    .where('runner_id', '=', runnerId)
    .where('system_id', '=', systemId)
    .executeTakeFirst();
  return row === undefined ? null : toManager(row);
}

/** Removes a manager; false when there is none. */
export async function deleteManager(tx: Tx, runnerId: number, systemId: string): Promise<boolean> {
  const rows = await tx
    .deleteFrom('runner_managers')
    .where('runner_id', '=', runnerId)
    .where('system_id', '=', systemId)
    .returning('id')
    .execute();
  return rows.length > 0;
}

/** What an agent said of itself; undefined leaves what is known. */
export interface ManagerDetails {
  /** Name of the agent, which is kept with the runner. */
  name?: string;
  version?: string | null;
  revision?: string | null;
  platform?: string | null;
  architecture?: string | null;
  executor?: string | null;
  /** JSON objects as text. */
  config?: string;
  labels?: string;
  features?: string;
}

/** Notes a contact of a manager, made at its first one, and of its runner. Gives the manager. */
export async function saveContact(
  tx: Tx,
  runnerId: number,
  systemId: string,
  details: ManagerDetails,
  ip: string,
  now: number,
): Promise<RunnerManager> {
  const { name, ...own } = details;
  const values: Updateable<RunnerManagerRow> = { ...own, ip_address: ip, contacted_at: now };
  const row = await tx
    .insertInto('runner_managers')
    .values({
      runner_id: runnerId,
      system_id: systemId,
      version: details.version ?? null,
      revision: details.revision ?? null,
      platform: details.platform ?? null,
      architecture: details.architecture ?? null,
      executor: details.executor ?? null,
      ip_address: ip,
      config: details.config ?? '{}',
      labels: details.labels ?? '{}',
      features: details.features ?? '{}',
      created_at: now,
      contacted_at: now,
    })
    .onConflict((conflict) => conflict.columns(['runner_id', 'system_id']).doUpdateSet(values))
    .returningAll()
    .executeTakeFirstOrThrow();
  const { version, revision, platform, architecture } = toManager(row);
  await tx
    .updateTable('runners')
    .set({ version, revision, platform, architecture, ip_address: ip, contacted_at: now, ...(name === undefined ? {} : { name }) })
    .where('id', '=', runnerId)
    .execute();
  return toManager(row);
}

/** Writes contacts that were kept in memory: by runner and by manager, ms. */
export async function saveContactTimes(tx: Tx, runners: ReadonlyMap<number, number>, managers: ReadonlyMap<number, number>): Promise<void> {
  for (const [id, at] of runners) await tx.updateTable('runners').set({ contacted_at: at }).where('id', '=', id).execute();
  for (const [id, at] of managers) await tx.updateTable('runner_managers').set({ contacted_at: at }).where('id', '=', id).execute();
}

/** Notes that a runner that a user created has asked for a job for the first time. */
export async function finishCreation(tx: Tx, runnerId: number): Promise<void> {
  await tx.updateTable('runners').set({ creation_state: 'finished' }).where('id', '=', runnerId).execute();
}
