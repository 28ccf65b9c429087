import type { Db, Tx } from '../db/tx.ts';
import type { Commit } from '../git/commits.ts';

/** Keeps what a commit says, so that lists of jobs need no git. A commit that is kept already stays as it is. */
export async function keepCommit(tx: Tx, projectId: number, commit: Commit): Promise<void> {
  await tx
    .insertInto('commits')
    .values({ project_id: projectId, sha: commit.id, data: JSON.stringify(commit) })
    .onConflict((conflict) => conflict.columns(['project_id', 'sha']).doNothing())
    .execute();
}

/** A kept commit, or null. */
export async function keptCommit(db: Db, projectId: number, sha: string): Promise<Commit | null> {
  const row = await db.selectFrom('commits').select('data').where('project_id', '=', projectId).where('sha', '=', sha).executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.data) as Commit);
}

/** Key of a commit in the map of `keptCommits`. */
export function commitKey(of: { projectId: number; sha: string }): string {
  return `${of.projectId}:${of.sha}`;
}

/** Kept commits of many pipelines, by `commitKey`. */
export async function keptCommits(db: Db, of: readonly { projectId: number; sha: string }[]): Promise<Map<string, Commit>> {
  if (of.length === 0) return new Map();
  const rows = await db
    .selectFrom('commits')
    .selectAll()
    .where('project_id', 'in', [...new Set(of.map((one) => one.projectId))])
    .where('sha', 'in', [...new Set(of.map((one) => one.sha))])
    .execute();
  return new Map(rows.map((row) => [commitKey({ projectId: row.project_id, sha: row.sha }), JSON.parse(row.data) as Commit]));
}
