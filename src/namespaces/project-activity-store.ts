import type { Tx } from '../db/tx.ts';

/** Notes that something has happened in a project, and its default branch where that has changed with it. */
export async function noteActivity(tx: Tx, projectId: number, change: { defaultBranch?: string }, now: number): Promise<void> {
  await tx
    .updateTable('projects')
    .set({
      last_activity_at: now,
      ...(change.defaultBranch === undefined ? {} : { default_branch: change.defaultBranch, updated_at: now }),
    })
    .where('id', '=', projectId)
    .execute();
}
