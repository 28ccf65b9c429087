import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';
import type { Database } from './tx.ts';

/** A database that cannot be opened; the message is one sentence that says what to do. */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable';
}

/**
 * Opens the database that `url` names: `sqlite::memory:`, `sqlite:/path/to/file` or `postgres://user:password@host/name`.
 * Throws `DatabaseUnavailable` for an unknown form or an engine that cannot be reached, `NewerSchema` for a database
 * of a newer version.
 */
export async function openDatabase(url: string): Promise<Database> {
  if (url.startsWith('sqlite:')) {
    const file = url.slice('sqlite:'.length);
    if (file === '') throw new DatabaseUnavailable(`BATON_DATABASE_URL names no file: write sqlite:/path/to/baton.db or sqlite::memory:`);
    return explain(
      openFile(file),
      `cannot open the SQLite database ${file}`,
      'check that BATON_DATA can be written and holds no other program’s file',
    );
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    return explain(
      openPostgres(url),
      `cannot use the PostgreSQL database at ${withoutPassword(url)}`,
      'check BATON_DATABASE_URL and that the server runs and lets this user in',
    );
  }
  throw new DatabaseUnavailable(
    `BATON_DATABASE_URL has an unknown form: write sqlite::memory:, sqlite:/path/to/baton.db or postgres://user:password@host/database`,
  );
}

async function openFile(file: string): Promise<Database> {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  return openSqlite(file);
}

async function explain(opening: Promise<Database>, what: string, advice: string): Promise<Database> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof Error && error.name === 'NewerSchema') throw error;
    const reason = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
    throw new DatabaseUnavailable(`${what} (${reason instanceof Error ? reason.message : String(reason)}): ${advice}`, { cause: error });
  }
}

function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1@');
}
