import { sql, type SelectQueryBuilder } from 'kysely';
import type { Db } from '../db/tx.ts';
import { countedRows, type Page, type Rows } from '../http/pagination.ts';

/**
 * Reads one page of an ordered query and counts its rows, up to one more than are ever told (runners API R19), so that
 * counting costs little however many there are.
 */
export async function pageRows<DB, TB extends keyof DB, O>(db: Db, query: SelectQueryBuilder<DB, TB, O>, page: Page): Promise<Rows<O>> {
  const rows = (await query.limit(page.limit).offset(page.offset).execute()) as O[];
  const isWhole = page.offset === 0 && rows.length < page.limit;
  return { rows, total: isWhole ? rows.length : await countRows(db, query) };
}

async function countRows<DB, TB extends keyof DB, O>(db: Db, query: SelectQueryBuilder<DB, TB, O>): Promise<number> {
  const matching = query
    .clearSelect()
    .clearOrderBy()
    .select(sql<number>`1`.as('one'))
    .limit(countedRows + 1);
  const row = await db
    .selectFrom(matching.as('matching'))
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return row.total;
}
