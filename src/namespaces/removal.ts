import type { App } from '../http/route.ts';
import type { Tx } from '../db/tx.ts';
import './app.ts';
import { lockTree } from './tree-store.ts';

/** Ids in one statement: PostgreSQL and SQLite both bound the number of parameters. */
const batch = 500;

/** Removes projects with everything that hangs on them, in the transaction; repositories go after its commit. */
export async function removeProjects(app: App, tx: Tx, projectIds: readonly number[]): Promise<void> {
  for (const ids of batches(projectIds)) {
    await app.dropProjects(tx, ids);
    await removeOwned(tx, 'project', ids);
    await tx.deleteFrom('protected_refs').where('project_id', 'in', ids).execute();
    await tx.deleteFrom('projects').where('id', 'in', ids).execute();
  }
  tx.afterCommit(() => {
    for (const id of projectIds) {
      app.deleteRepository(id).catch((error: unknown) => app.log.error({ err: error, projectId: id }, 'repository not removed'));
    }
  });
}

/** Removes a namespace with all groups and projects below it; one that is gone already is no error. */
export async function removeNamespace(app: App, tx: Tx, namespaceId: number): Promise<void> {
  const tree = await lockTree(tx, namespaceId);
  for (const ids of batches(tree)) {
    const projects = await tx.dialect
      .lockRows(tx.selectFrom('projects').select('id').where('namespace_id', 'in', ids).orderBy('id'))
      .execute();
    await removeProjects(
      app,
      tx,
      projects.map((project) => project.id),
    );
    await app.dropGroups(tx, ids);
    await removeOwned(tx, 'group', ids);
  }
  for (const ids of batches(tree)) {
    await tx.deleteFrom('namespace_ancestors').where('namespace_id', 'in', ids).execute();
    await tx.deleteFrom('namespaces').where('id', 'in', ids).execute();
  }
}

/** Removes what groups and projects keep alike: memberships, variables, registration tokens. */
async function removeOwned(tx: Tx, kind: 'group' | 'project', ids: readonly number[]): Promise<void> {
  await tx.deleteFrom('members').where('source', '=', kind).where('source_id', 'in', ids).execute();
  await tx.deleteFrom('variables').where('scope', '=', kind).where('subject_id', 'in', ids).execute();
  await tx.deleteFrom('registration_tokens').where('scope', '=', kind).where('subject_id', 'in', ids).execute();
}

function* batches(ids: readonly number[]): Generator<number[]> {
  for (let at = 0; at < ids.length; at += batch) yield ids.slice(at, at + batch);
}
