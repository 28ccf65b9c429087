import { sql, type Selectable } from 'kysely';
import type { RunnerManagerRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import { agentOf, type ManagerDetails } from './agent-info.ts';
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

/** All managers of a runner, by id. */
export async function managersOf(db: Db, runnerId: number): Promise<RunnerManager[]> {
  const rows = await db.selectFrom('runner_managers').selectAll().where('runner_id', '=', runnerId).orderBy('id').execute();
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

/** The manager with this id, or null. */
export async function findManagerById(db: Db, id: number): Promise<RunnerManager | null> {
  const row = await db.selectFrom('runner_managers').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toManager(row);
}

/** The manager of a runner with the latest contact that is written, or null. */
export async function findLatestManager(db: Db, runnerId: number): Promise<RunnerManager | null> {
  const row = await db
    .selectFrom('runner_managers')
    .selectAll()
    .where('runner_id', '=', runnerId)
    .where('contacted_at', 'is not', null)
    .orderBy('contacted_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : toManager(row);
}

/** Removes a manager; false when it is gone already. */
export async function deleteManager(tx: Tx, id: number): Promise<boolean> {
  const row = await tx.deleteFrom('runner_managers').where('id', '=', id).returning('id').executeTakeFirst();
  return row !== undefined;
}

/** Removes the managers of a runner but for the `keep` that called last and the `busy` ones; gives the system ids of those that went. */
export async function deleteOldManagers(tx: Tx, runnerId: number, keep: number, busy: ReadonlySet<number>): Promise<string[]> {
  const bound = await tx
    .selectFrom('runner_managers')
    .select(['contacted_at', 'id'])
    .where('runner_id', '=', runnerId)
    .where('contacted_at', 'is not', null)
    .orderBy('contacted_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .offset(keep)
    .executeTakeFirst();
  if (bound === undefined || bound.contacted_at === null) return [];
  const { contacted_at: contactedAt, id } = bound;
  let query = tx
    .deleteFrom('runner_managers')
    .where('runner_id', '=', runnerId)
    .where((where) =>
      where.or([where('contacted_at', '<', contactedAt), where.and([where('contacted_at', '=', contactedAt), where('id', '<=', id)])]),
    );
  if (busy.size > 0) query = query.where((where) => where.not(tx.dialect.isOneOf(where.ref('id'), [...busy])));
  const rows = await query.returning('system_id').execute();
  return rows.map((row) => row.system_id);
}

/** A call of a manager: which one it is, what it says of itself, and from where. */
export interface ManagerContact {
  runnerId: number;
  systemId: string;
  details: ManagerDetails;
  ip: string;
  /** Whether it ends the creation of the runner. */
  finishes: boolean;
}

/** Notes a contact of a manager, which is made at its first one, and of its runner. Gives the manager's id, null when the runner is gone. */
export async function saveContact(
  tx: Tx,
  { runnerId, systemId, details, ip, finishes }: ManagerContact,
  now: number,
): Promise<number | null> {
  // The runner's row first: whoever removes the runner meanwhile waits for this manager, or has left no row.
  const runner = await tx
    .updateTable('runners')
    .set({ ...agentOf(details), ip_address: ip, contacted_at: now, ...(finishes ? { creation_state: 'finished' } : {}) })
    .where('id', '=', runnerId)
    .returning('id')
    .executeTakeFirst();
  if (runner === undefined) return null;
  const { name: _, ...own } = details;
  const { id } = await tx
    .insertInto('runner_managers')
    .values({ ...own, runner_id: runnerId, system_id: systemId, ip_address: ip, created_at: now, contacted_at: now })
    .onConflict((conflict) => conflict.columns(['runner_id', 'system_id']).doUpdateSet({ ...own, ip_address: ip, contacted_at: now }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Rows of one statement: the engines bound the number of parameters. */
const batch = 500;

/** Writes contacts that were kept in memory: by runner and by manager, ms. Newer ones in the database stay. */
export async function saveContactTimes(tx: Tx, runners: ReadonlyMap<number, number>, managers: ReadonlyMap<number, number>): Promise<void> {
  for (const [table, times] of [
    ['runners', [...runners]],
    ['runner_managers', [...managers]],
  ] as const) {
    for (let at = 0; at < times.length; at += batch) {
      const rows = times.slice(at, at + batch).map(([id, time]) => sql`(cast(${id} as bigint), cast(${time} as bigint))`);
      await sql`
        update ${sql.table(table)} set contacted_at = later.column2 from (values ${sql.join(rows)}) as later
        where id = later.column1 and (contacted_at is null or contacted_at < later.column2)`.execute(tx);
    }
  }
}
