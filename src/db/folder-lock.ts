import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';

/** Another process has the folder. */
export class FolderInUse extends Error {
  override name = 'FolderInUse';
}

/**
 * Keeps a folder for this process until the function that it gives is called or the process ends, however it ends. Throws
 * `FolderInUse` when somebody else has it. The lock is SQLite's own on an empty database: it needs no clean-up after a crash,
 * unlike a file with a process id, which in a container is always the same.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const lock = new BetterSqlite(join(folder, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (!(error instanceof BetterSqlite.SqliteError) || error.code !== 'SQLITE_BUSY') throw error;
    throw new FolderInUse(
      `the data folder ${folder} is used by another Baton: stop that one, or choose another folder with --data or BATON_DATA`,
    );
  }
  return () => void lock.close();
}
