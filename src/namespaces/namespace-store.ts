import type { Selectable } from 'kysely';
import type { NamespaceRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { Namespace, SharedRunnersSetting, Visibility } from './namespace.ts';

/** Row → namespace. */
export function toNamespace(row: Selectable<NamespaceRow>): Namespace {
  return {
    id: row.id,
    kind: row.kind === 'group' ? 'group' : 'user',
    name: row.name,
    path: row.path,
    fullName: row.full_name,
    fullPath: row.full_path,
    parentId: row.parent_id,
    ownerId: row.owner_id,
    description: row.description,
    visibility: row.visibility as Visibility,
    sharedRunnersSetting: row.shared_runners_setting as SharedRunnersSetting,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The namespace with this id, or null. */
export async function findNamespace(db: Db, id: number): Promise<Namespace | null> {
  if (!Number.isSafeInteger(id)) return null;
  const row = await db.selectFrom('namespaces').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toNamespace(row);
}

/** Namespaces by id, for presenters that show many. */
export async function namespacesById(db: Db, ids: readonly number[]): Promise<Map<number, Namespace>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('namespaces')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, toNamespace(row)]));
}

/** The namespace that `idOrPath` names: digits are an id, anything else a full path in any case. */
export async function findNamespaceByName(db: Db, idOrPath: string): Promise<Namespace | null> {
  if (/^\d+$/.test(idOrPath)) return isId(idOrPath) ? findNamespace(db, Number(idOrPath)) : null;
  const row = await db.selectFrom('namespaces').selectAll().where('path_key', '=', idOrPath.toLowerCase()).executeTakeFirst();
  return row === undefined ? null : toNamespace(row);
}

/** The own namespace of a user. */
export async function findUserNamespace(db: Db, userId: number): Promise<Namespace | null> {
  const row = await db.selectFrom('namespaces').selectAll().where('owner_id', '=', userId).executeTakeFirst();
  return row === undefined ? null : toNamespace(row);
}

/** Ids of a namespace and all groups above it, nearest first. */
export async function ancestorIds(db: Db, namespaceId: number): Promise<number[]> {
  const rows = await db
    .selectFrom('namespace_ancestors')
    .select('ancestor_id')
    .where('namespace_id', '=', namespaceId)
    .orderBy('depth')
    .execute();
  return rows.map((row) => row.ancestor_id);
}

export interface NewNamespace {
  kind: 'group' | 'user';
  name: string;
  path: string;
  parent: Namespace | null;
  ownerId: number | null;
  description: string;
  visibility: Visibility;
}

/** Adds a namespace and its place in the tree. A full path that is taken violates a unique index. */
export async function insertNamespace(tx: Tx, namespace: NewNamespace, now: number): Promise<Namespace> {
  const fullPath = namespace.parent === null ? namespace.path : `${namespace.parent.fullPath}/${namespace.path}`;
  const row = await tx
    .insertInto('namespaces')
    .values({
      kind: namespace.kind,
      name: namespace.name,
      path: namespace.path,
      full_name: namespace.parent === null ? namespace.name : `${namespace.parent.fullName} / ${namespace.name}`,
      full_path: fullPath,
      path_key: fullPath.toLowerCase(),
      parent_id: namespace.parent?.id ?? null,
      owner_id: namespace.ownerId,
      description: namespace.description,
      visibility: namespace.visibility,
      shared_runners_setting: namespace.parent?.sharedRunnersSetting ?? 'enabled',
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await tx.insertInto('namespace_ancestors').values({ namespace_id: row.id, ancestor_id: row.id, depth: 0 }).execute();
  if (namespace.parent !== null) {
    await tx
      .insertInto('namespace_ancestors')
      .columns(['namespace_id', 'ancestor_id', 'depth'])
      .expression((from) =>
        from
          .selectFrom('namespace_ancestors')
          .select((select) => [select.val(row.id).as('namespace_id'), 'ancestor_id', select('depth', '+', 1).as('depth')])
          .where('namespace_id', '=', namespace.parent!.id),
      )
      .execute();
  }
  return toNamespace(row);
}

/** Writes what can change of a namespace, but for its name and path. */
export async function saveNamespace(tx: Tx, namespace: Namespace, now: number): Promise<Namespace> {
  const row = await tx
    .updateTable('namespaces')
    .set({
      description: namespace.description,
      visibility: namespace.visibility,
      shared_runners_setting: namespace.sharedRunnersSetting,
      updated_at: now,
    })
    .where('id', '=', namespace.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toNamespace(row);
}

/** Whether a text of digits is a number that an id can be. */
export function isId(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}
