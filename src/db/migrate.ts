import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import type { Dialect } from './dialect.ts';
import type { Db } from './tx.ts';
import { up as initial } from './migrations/0001-initial.ts';
import { up as dispatch } from './migrations/0002-dispatch.ts';

/** All migrations in order. One that has landed is never edited; a change of the schema is a new one. */
const migrations: Record<string, (db: Kysely<unknown>, words: Dialect['words']) => Promise<void>> = {
  '0001-initial': initial,
  '0002-dispatch': dispatch,
};

/** The database was written by a newer Baton. */
export class NewerSchema extends Error {
  override name = 'NewerSchema';
}

/**
 * Brings the schema up to date. Throws `NewerSchema`, and changes nothing, when the database has migrations that this
 * version does not know.
 */
export async function migrate(db: Db, dialect: Dialect): Promise<void> {
  const unknown = (await appliedMigrations(db)).filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    throw new NewerSchema(
      `the database was written by a newer Baton (it has the migration ${unknown[0]}): start that version, or restore a backup made with this one`,
    );
  }
  const provided: Record<string, Migration> = {};
  for (const [name, migration] of Object.entries(migrations)) provided[name] = { up: (schema) => migration(schema, dialect.words) };
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(provided) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function appliedMigrations(db: Db): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.map((row) => row.name);
}
