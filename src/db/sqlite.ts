import { setImmediate as nextTurn } from 'node:timers/promises';
import BetterSqlite from 'better-sqlite3';
import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect as KyselyDialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import { sqliteDialect } from './dialect.ts';
import { migrate } from './migrate.ts';
import { asTx, newEffects, openKysely, type Database, type Tx } from './tx.ts';

/*
 * SQLite with group commit. Writes queue up; a drain takes up to 512 of them, runs one after another, each inside a
 * savepoint, and commits all at once with `synchronous=FULL`. Their promises settle after that commit, so an
 * acknowledged write survives power loss, and the disk is flushed once a group instead of once a write.
 *
 * A file has two connections: the writer, and a read-only one that never sees an open group. A database in memory
 * has one; there a read waits until the open group is committed.
 */

const groupSize = 512;
const cachedStatements = 500;

interface QueuedWrite {
  work(tx: Tx): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { write: QueuedWrite; ok: true; value: unknown; after: (() => void)[] } | { write: QueuedWrite; ok: false; error: unknown };

/** Opens (and creates, and migrates) the database in `file`, or in memory for `:memory:`. */
export async function openSqlite(file: string): Promise<Database> {
  const inMemory = file === ':memory:';
  const writer = new Connection(new BetterSqlite(file));
  writer.raw.pragma('journal_mode = WAL');
  writer.raw.pragma('synchronous = FULL');
  writer.raw.pragma('busy_timeout = 5000');
  writer.raw.pragma('cache_size = -16384');
  try {
    await migrate(openKysely({ dialect: kyselyDialect(() => Promise.resolve(writer)) }, sqliteDialect), sqliteDialect);
  } catch (error) {
    writer.raw.close();
    throw error;
  }
  const reader = inMemory ? writer : new Connection(new BetterSqlite(file, { readonly: true }));
  if (!inMemory) {
    reader.raw.pragma('busy_timeout = 5000');
    reader.raw.pragma('cache_size = -16384');
  }

  const queue: QueuedWrite[] = [];
  let draining: Promise<void> | null = null;
  let groupOpen: Promise<void> | null = null;
  let closed = false;

  async function drain(): Promise<void> {
    // One turn of the loop first, so that requests which arrived together share the commit.
    await nextTurn();
    while (queue.length > 0) {
      const opened = Promise.withResolvers<void>();
      groupOpen = opened.promise;
      const settle = await commitGroup(writer, queue.splice(0, groupSize));
      groupOpen = null;
      opened.resolve();
      settle();
      await nextTurn();
    }
    draining = null;
  }

  async function readConnection(): Promise<Connection> {
    while (inMemory && groupOpen !== null) await groupOpen;
    return reader;
  }

  return {
    dialect: sqliteDialect,
    read: openKysely({ dialect: kyselyDialect(readConnection) }, sqliteDialect),
    write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
      if (closed) return Promise.reject(new Error('the database is closed'));
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve: (value) => resolve(value as T), reject });
        draining ??= drain();
      });
    },
    async exclusively(_name, work) {
      await work();
      return true;
    },
    async close() {
      closed = true;
      await draining;
      if (reader !== writer) reader.raw.close();
      writer.raw.close();
    },
  };
}

/** Runs a group of writes in one commit; the function it gives back tells each writer the outcome. */
async function commitGroup(connection: Connection, group: QueuedWrite[]): Promise<() => void> {
  const outcomes: Outcome[] = [];
  const before = new Set<() => void>();
  try {
    connection.run('begin immediate');
    for (const write of group) outcomes.push(await runWrite(connection, write, before));
    for (const effect of before) effect();
    connection.run('commit');
  } catch (error) {
    if (connection.raw.inTransaction) connection.run('rollback');
    return () => group.forEach((write) => write.reject(error));
  }
  return () => outcomes.forEach(settleWrite);
}

async function runWrite(connection: Connection, write: QueuedWrite, before: Set<() => void>): Promise<Outcome> {
  const effects = newEffects();
  let open = true;
  const guarded = kyselyDialect(() => (open ? Promise.resolve(connection) : Promise.reject(new Error('this transaction has ended'))));
  connection.run('savepoint one_write');
  try {
    const value = await write.work(asTx(openKysely({ dialect: guarded }, sqliteDialect), sqliteDialect, effects));
    connection.run('release one_write');
    effects.before.forEach((effect) => before.add(effect));
    return { write, ok: true, value, after: effects.after };
  } catch (error) {
    // A full disk or an I/O error ends the whole transaction by itself: then the group as a whole has failed.
    if (!connection.raw.inTransaction) throw error;
    connection.run('rollback to one_write');
    connection.run('release one_write');
    return { write, ok: false, error };
  } finally {
    open = false;
  }
}

function settleWrite(outcome: Outcome): void {
  if (!outcome.ok) return outcome.write.reject(outcome.error);
  outcome.write.resolve(outcome.value);
  for (const effect of outcome.after) effect();
}

/** One better-sqlite3 handle with its prepared statements kept, which triples what Kysely gets through. */
class Connection implements DatabaseConnection {
  readonly raw: BetterSqlite.Database;
  readonly #statements = new Map<string, BetterSqlite.Statement<unknown[], unknown>>();

  constructor(raw: BetterSqlite.Database) {
    this.raw = raw;
  }

  run(sql: string): void {
    this.#prepare(sql).run();
  }

  executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const statement = this.#prepare(sql);
      if (statement.reader) return Promise.resolve({ rows: statement.all(...parameters) as R[] });
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return Promise.resolve({ insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] });
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async *streamQuery<R>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    // Not from the cache: a statement that is being iterated must not be used a second time.
    for (const row of this.raw.prepare(sql).iterate(...parameters)) yield { rows: [row as R] };
  }

  #prepare(sql: string): BetterSqlite.Statement<unknown[], unknown> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.raw.prepare<unknown[], unknown>(sql);
    if (this.#statements.size >= cachedStatements) {
      const oldest = this.#statements.keys().next().value;
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    this.#statements.set(sql, statement);
    return statement;
  }
}

function kyselyDialect(acquire: () => Promise<Connection>): KyselyDialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createDriver: () => new SqliteDriver(acquire),
  };
}

/** Kysely's transactions are used by the migrator alone; `Database.write` has its own. */
class SqliteDriver implements Driver {
  readonly #acquire: () => Promise<Connection>;

  constructor(acquire: () => Promise<Connection>) {
    this.#acquire = acquire;
  }
  async init(): Promise<void> {}
  acquireConnection(): Promise<DatabaseConnection> {
    return this.#acquire();
  }
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    (connection as Connection).run('begin immediate');
  }
  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    (connection as Connection).run('commit');
  }
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    (connection as Connection).run('rollback');
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}
