import pg from 'pg';
import { PostgresDialect } from 'kysely';
import { postgresDialect } from './dialect.ts';
import { migrate } from './migrate.ts';
import { asTx, newEffects, openKysely, type Database, type Tx } from './tx.ts';

const int8 = 20;
const tries = 5;
/** serialization_failure and deadlock_detected: the transaction lost a race and may simply run again. */
const lostRace = new Set(['40001', '40P01']);

/** Opens (and migrates) the PostgreSQL database at `url`. */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    // A database that is away without a word must not hold requests for ever: they are answered 503.
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
    // Ids and times are below 2^53, so they may be numbers as they are on SQLite.
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)) },
  });
  // An idle connection that the server ends is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {});
  // Likewise one that breaks between two statements of a transaction, whose next statement then fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  const read = openKysely({ dialect: new PostgresDialect({ pool }) }, postgresDialect);
  try {
    await migrate(read, postgresDialect);
  } catch (error) {
    await read.destroy();
    throw error;
  }

  async function writeOnce<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const effects = newEffects();
    const value = await read.transaction().execute(async (transaction) => {
      const result = await work(asTx(transaction, postgresDialect, effects));
      for (const effect of effects.before) effect();
      return result;
    });
    for (const effect of effects.after) effect();
    return value;
  }

  return {
    dialect: postgresDialect,
    read,
    async write(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await writeOnce(work);
        } catch (error) {
          if (attempt === tries || !lostRace.has(sqlState(error))) throw error;
        }
      }
    },
    exclusively: (name, work) => withAdvisoryLock(pool, name, work),
    close: () => read.destroy(),
  };
}

/** Names of advisory locks live in this class, apart from those of other programs in the same database. */
const lockClass = 0x62_61_74_6f;

/** A lock of the session, not of a transaction: sweeps take longer than a transaction may be idle. */
async function withAdvisoryLock(pool: pg.Pool, name: string, work: () => Promise<void>): Promise<boolean> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  try {
    const lock = [lockClass, name];
    const { rows } = await connection.query<{ taken: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as taken', lock);
    if (rows[0]?.taken !== true) return false;
    try {
      await work();
    } finally {
      // Closed instead of given back when it cannot be unlocked: a lock left on a pooled connection would never go.
      await connection.query('select pg_advisory_unlock($1, hashtext($2))', lock).catch((error: Error) => (broken = error));
    }
    return true;
  } finally {
    connection.release(broken);
  }
}

function sqlState(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
