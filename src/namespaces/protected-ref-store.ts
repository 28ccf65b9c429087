import type { Selectable } from 'kysely';
import { pageRows } from '../access/page-rows.ts';
import { escapeLike } from '../db/dialect.ts';
import { sql } from 'kysely';
import type { ProtectedRefRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { Page, Rows } from '../http/pagination.ts';
import type { ProtectedRef } from './protected-ref.ts';

type Kind = ProtectedRef['kind'];

function toProtectedRef(row: Selectable<ProtectedRefRow>): ProtectedRef {
  return {
    id: row.id,
    projectId: row.project_id,
    kind: row.kind === 'tag' ? 'tag' : 'branch',
    name: row.name,
    pushLevel: row.push_level,
    mergeLevel: row.merge_level,
    allowForcePush: row.allow_force_push === 1,
    createdAt: row.created_at,
  };
}

/** All rules of a project for branches or for tags. */
export async function protectedRefsOf(db: Db, projectId: number, kind: Kind): Promise<ProtectedRef[]> {
  const rows = await db
    .selectFrom('protected_refs')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('kind', '=', kind)
    .orderBy('id')
    .execute();
  return rows.map(toProtectedRef);
}

/** One page of the rules whose name has `search` in it. */
export async function listProtectedRefs(
  db: Db,
  of: { projectId: number; kind: Kind; search: string },
  page: Page,
): Promise<Rows<ProtectedRef>> {
  let query = db.selectFrom('protected_refs').selectAll().where('project_id', '=', of.projectId).where('kind', '=', of.kind);
  if (of.search !== '') query = query.where(sql<boolean>`lower(name) like ${`%${escapeLike(of.search.toLowerCase())}%`} escape '\\'`);
  const { rows, total } = await pageRows(db, query.orderBy('id'), page);
  return { rows: rows.map(toProtectedRef), total };
}

/** The rule with exactly this name or pattern, or null. */
export async function findProtectedRef(db: Db, projectId: number, kind: Kind, name: string): Promise<ProtectedRef | null> {
  const row = await db
    .selectFrom('protected_refs')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? null : toProtectedRef(row);
}

/** Adds a rule. A second one of the same kind and name violates a unique index. */
export async function insertProtectedRef(tx: Tx, ref: Omit<ProtectedRef, 'id' | 'createdAt'>, now: number): Promise<ProtectedRef> {
  const row = await tx
    .insertInto('protected_refs')
    .values({
      project_id: ref.projectId,
      kind: ref.kind,
      name: ref.name,
      push_level: ref.pushLevel,
      merge_level: ref.mergeLevel,
      allow_force_push: ref.allowForcePush ? 1 : 0,
      created_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toProtectedRef(row);
}

/** Writes what can change of a rule; null when it is gone. */
export async function updateProtectedRef(
  tx: Tx,
  id: number,
  change: Partial<Pick<ProtectedRef, 'pushLevel' | 'mergeLevel' | 'allowForcePush'>>,
): Promise<ProtectedRef | null> {
  const row = await tx
    .updateTable('protected_refs')
    .set({
      ...(change.pushLevel === undefined ? {} : { push_level: change.pushLevel }),
      ...(change.mergeLevel === undefined ? {} : { merge_level: change.mergeLevel }),
      ...(change.allowForcePush === undefined ? {} : { allow_force_push: change.allowForcePush ? 1 : 0 }),
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : toProtectedRef(row);
}

/** Removes a rule; false when there was none. */
export async function deleteProtectedRef(tx: Tx, projectId: number, kind: Kind, name: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('protected_refs')
    .where('project_id', '=', projectId)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
