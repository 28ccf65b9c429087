import { sql } from 'kysely';
import type { Tx } from '../db/tx.ts';
import { passOn } from './assignment-store.ts';
import { deleteRunners } from './store.ts';

/** Removes the assignments to projects that go, and the runners that have no other project (runners API A.1). */
export async function dropProjectRunners(tx: Tx, projectIds: readonly number[]): Promise<void> {
  // Who gives one of them a runner meanwhile is waited for, or finds the project gone.
  const projects = tx
    .selectFrom('projects')
    .select('id')
    .where(tx.dialect.isOneOf(sql.ref('id'), projectIds))
    .orderBy('id');
  await tx.dialect.lockRows(projects).execute();
  const gone = await tx
    .deleteFrom('runner_projects')
    .where(tx.dialect.isOneOf(sql.ref('project_id'), projectIds))
    .returning('runner_id')
    .execute();
  const ids = [...new Set(gone.map((row) => row.runner_id))];
  const others = await tx
    .selectFrom('runner_projects')
    .select('runner_id')
    .distinct()
    .where(tx.dialect.isOneOf(sql.ref('runner_id'), ids))
    .execute();
  const kept = new Set(others.map((row) => row.runner_id));
  await deleteRunners(
    tx,
    ids.filter((id) => !kept.has(id)),
  );
  await passOn(tx, [...kept]);
}

/** Removes the runners of groups that go. */
export async function dropGroupRunners(tx: Tx, groupIds: readonly number[]): Promise<void> {
  const rows = await tx
    .selectFrom('runner_groups')
    .select('runner_id')
    .where(tx.dialect.isOneOf(sql.ref('group_id'), groupIds))
    .execute();
  await deleteRunners(
    tx,
    rows.map((row) => row.runner_id),
  );
}
