import { sql } from 'kysely';
import type { Db, Tx } from '../db/tx.ts';
import { codePoints } from '../lib/code-points.ts';
import type { Namespace, SharedRunnersSetting, Visibility } from './namespace.ts';
import { toNamespace } from './namespace-store.ts';

/*
 * Groups, users and projects share one space of paths, kept in two tables. Whoever adds, renames or removes something
 * below a namespace holds the lock of its row, so a look-up in both tables stays true until the commit.
 */

/** Deepest nesting of groups, as in GitLab. */
export const deepestGroup = 20;

/** Reads a namespace and keeps others from changing it or what is directly below; null when it is gone. */
export async function lockNamespace(tx: Tx, id: number): Promise<Namespace | null> {
  if (!Number.isSafeInteger(id)) return null;
  const row = await tx.dialect.lockRows(tx.selectFrom('namespaces').selectAll().where('id', '=', id)).executeTakeFirst();
  return row === undefined ? null : toNamespace(row);
}

/**
 * Locks a namespace and everything below it, and gives the ids of all of them. Whoever held one of the locks before may
 * have added a group that the waiting statement could not see, so it is repeated until nothing new turns up.
 */
export async function lockTree(tx: Tx, id: number): Promise<number[]> {
  for (let known = -1; ;) {
    const rows = await tx.dialect
      .lockRows(
        tx
          .selectFrom('namespaces')
          .select('id')
          .where('id', 'in', (from) => from.selectFrom('namespace_ancestors').select('namespace_id').where('ancestor_id', '=', id))
          .orderBy('id'),
      )
      .execute();
    if (rows.length === known) return rows.map((row) => row.id);
    known = rows.length;
  }
}

/** Whether a full path, in any case, belongs to a group, user or project other than the excepted one. */
export async function isPathTaken(db: Db, fullPath: string, except: { namespace?: number; project?: number } = {}): Promise<boolean> {
  const key = fullPath.toLowerCase();
  const namespace = await db.selectFrom('namespaces').select('id').where('path_key', '=', key).executeTakeFirst();
  if (namespace !== undefined && namespace.id !== except.namespace) return true;
  const project = await db.selectFrom('projects').select('id').where('path_key', '=', key).executeTakeFirst();
  return project !== undefined && project.id !== except.project;
}

/** Whether another group directly below a group has this name; names of root groups may be alike, as in GitLab. */
export async function isGroupNameTaken(db: Db, parentId: number, name: string, exceptId = 0): Promise<boolean> {
  const row = await db
    .selectFrom('namespaces')
    .select('id')
    .where('parent_id', '=', parentId)
    .where('name', '=', name)
    .where('id', '!=', exceptId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether another project directly in a namespace has this name. */
export async function isProjectNameTaken(db: Db, namespaceId: number, name: string, exceptId = 0): Promise<boolean> {
  const row = await db
    .selectFrom('projects')
    .select('id')
    .where('namespace_id', '=', namespaceId)
    .where('name', '=', name)
    .where('id', '!=', exceptId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Groups above a namespace, itself included. */
export async function depthOf(db: Db, namespaceId: number): Promise<number> {
  const row = await db
    .selectFrom('namespace_ancestors')
    .select((select) => select.fn.countAll<number>().as('depth'))
    .where('namespace_id', '=', namespaceId)
    .executeTakeFirstOrThrow();
  return row.depth;
}

/**
 * Gives a namespace another name and path, and everything below it the names and paths that follow from that. The tree
 * must be locked. A full path that is taken violates a unique index.
 */
export async function renameNamespace(tx: Tx, before: Namespace, change: { name: string; path: string }, now: number): Promise<void> {
  const fullPath = replaceLast(before.fullPath, '/', change.path);
  const fullName = before.parentId === null ? change.name : before.fullName.slice(0, -before.name.length) + change.name;
  await tx.updateTable('namespaces').set({ name: change.name, path: change.path, updated_at: now }).where('id', '=', before.id).execute();
  if (fullPath === before.fullPath && fullName === before.fullName) return;
  const restOfPath = before.fullPath.length + 1;
  const restOfName = codePoints(before.fullName) + 1;
  await tx
    .updateTable('namespaces')
    .set({
      full_path: sql<string>`${fullPath} || substr(full_path, ${sql.lit(restOfPath)})`,
      path_key: sql<string>`${fullPath.toLowerCase()} || substr(path_key, ${sql.lit(restOfPath)})`,
      full_name: sql<string>`${fullName} || substr(full_name, ${sql.lit(restOfName)})`,
    })
    .where('id', 'in', (from) => from.selectFrom('namespace_ancestors').select('namespace_id').where('ancestor_id', '=', before.id))
    .execute();
  await tx
    .updateTable('projects')
    .set({
      full_path: sql<string>`${fullPath} || substr(full_path, ${sql.lit(restOfPath)})`,
      path_key: sql<string>`${fullPath.toLowerCase()} || substr(path_key, ${sql.lit(restOfPath)})`,
    })
    .where('namespace_id', 'in', (from) =>
      from.selectFrom('namespace_ancestors').select('namespace_id').where('ancestor_id', '=', before.id),
    )
    .execute();
}

/** The same path with another last part. */
function replaceLast(path: string, separator: string, last: string): string {
  return path.slice(0, path.lastIndexOf(separator) + 1) + last;
}

/** Visibilities that groups and projects below a group have, the group itself left out. */
export async function visibilitiesBelow(db: Db, groupId: number): Promise<{ groups: Visibility[]; projects: Visibility[] }> {
  const groups = await db
    .selectFrom('namespaces')
    .innerJoin('namespace_ancestors', 'namespace_id', 'namespaces.id')
    .select('visibility')
    .distinct()
    .where('ancestor_id', '=', groupId)
    .where('depth', '>', 0)
    .execute();
  const projects = await db
    .selectFrom('projects')
    .innerJoin('namespace_ancestors', 'namespace_ancestors.namespace_id', 'projects.namespace_id')
    .select('visibility')
    .distinct()
    .where('ancestor_id', '=', groupId)
    .execute();
  return { groups: groups.map((row) => row.visibility as Visibility), projects: projects.map((row) => row.visibility as Visibility) };
}

/** Switches instance runners off for everything below a group, and the groups below to at least the same setting. */
export async function disableSharedRunnersBelow(tx: Tx, groupId: number, setting: SharedRunnersSetting, now: number): Promise<void> {
  const softer = setting === 'disabled_and_overridable' ? ['enabled'] : ['enabled', 'disabled_and_overridable'];
  await tx
    .updateTable('namespaces')
    .set({ shared_runners_setting: setting, updated_at: now })
    .where('id', 'in', (from) => from.selectFrom('namespace_ancestors').select('namespace_id').where('ancestor_id', '=', groupId))
    .where('shared_runners_setting', 'in', softer)
    .execute();
  await tx
    .updateTable('projects')
    .set({ shared_runners_enabled: 0, updated_at: now })
    .where('shared_runners_enabled', '=', 1)
    .where('namespace_id', 'in', (from) => from.selectFrom('namespace_ancestors').select('namespace_id').where('ancestor_id', '=', groupId))
    .execute();
}
