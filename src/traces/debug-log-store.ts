import type { Db, Tx } from '../db/tx.ts';

/** Notes that the log of a job may tell secrets: variables and commands as the shell sees them. */
export async function markDebugLog(tx: Tx, jobId: number): Promise<void> {
  await tx.updateTable('jobs').set({ debug_log: 1 }).where('id', '=', jobId).execute();
}

/** Whether the log of a job may tell secrets. */
export async function isDebugLog(db: Db, jobId: number): Promise<boolean> {
  const row = await db.selectFrom('jobs').select('debug_log').where('id', '=', jobId).executeTakeFirst();
  return row?.debug_log === 1;
}
