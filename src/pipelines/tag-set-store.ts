import type { Db } from '../db/tx.ts';

/** Tags of tag sets, sorted, by the id of the set. */
export async function tagsBySet(db: Db, ids: readonly number[]): Promise<Map<number, string[]>> {
  const rows = await db
    .selectFrom('tag_sets')
    .selectAll()
    .where((where) => db.dialect.isOneOf(where.ref('id'), [...new Set(ids)]))
    .execute();
  return new Map(rows.map((row) => [row.id, JSON.parse(row.tags) as string[]]));
}
