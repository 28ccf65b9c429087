import { sql } from 'kysely';
import type { Db } from '../db/tx.ts';

/** Asks the database for nothing. Throws its error when it cannot be reached. */
export async function ping(db: Db): Promise<void> {
  await sql`select 1`.execute(db);
}
