import type { Tx } from '../db/tx.ts';
import { deleteRunners } from './store.ts';

/** Removes the assignments to projects that go, and the runners that have no other project (runners API A.1). */
export async function dropProjectRunners(tx: Tx, projectIds: readonly number[]): Promise<void> {
  const ids = [...projectIds];
  const assigned = await tx.selectFrom('runner_projects').select('runner_id').distinct().where('project_id', 'in', ids).execute();
  await tx.deleteFrom('runner_projects').where('project_id', 'in', ids).execute();
  if (assigned.length === 0) return;
  const candidates = assigned.map((row) => row.runner_id);
  const kept = await tx.selectFrom('runner_projects').select('runner_id').distinct().where('runner_id', 'in', candidates).execute();
  const keptIds = new Set(kept.map((row) => row.runner_id));
  await deleteRunners(
    tx,
    candidates.filter((id) => !keptIds.has(id)),
  );
}

/** Removes the runners of groups that go. */
export async function dropGroupRunners(tx: Tx, groupIds: readonly number[]): Promise<void> {
  const rows = await tx
    .selectFrom('runner_groups')
    .select('runner_id')
    .where('group_id', 'in', [...groupIds])
    .execute();
  await deleteRunners(
    tx,
    rows.map((row) => row.runner_id),
  );
}
