import { Kysely, type KyselyConfig } from 'kysely';
import type { Dialect } from './dialect.ts';
import type { Tables } from './tables.ts';

/** What reads take: sees only what is committed. */
export type Db = Kysely<Tables> & { readonly dialect: Dialect };

declare const writable: unique symbol;

/**
 * What writes take, and only `Database.write` gives out: everything done through it is committed together or not at
 * all. Nothing but SQL may be awaited while it is open, because on SQLite other writes wait behind it.
 */
export type Tx = Db & {
  readonly [writable]: true;
  /** Runs `effect` after the commit; not at all when the transaction is rolled back. */
  afterCommit(effect: () => void): void;
  /** Runs `effect` just before the commit, once for a group of commits however often the same function is given. */
  beforeCommit(effect: () => void): void;
};

/** An open database: reads through `read`, writes through `write`. */
export interface Database {
  readonly dialect: Dialect;
  readonly read: Db;
  /**
   * Runs `work` in one transaction and resolves after its commit is durable. A `work` that throws changes nothing.
   * `work` may run again after a lost race on PostgreSQL, so it must have no effects of its own but through its `tx`.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Runs `work` if no other process of this database is inside work of the same name, else does nothing; gives whether it ran. For
   * background sweeps, of which one node at a time is enough: what they change must be guarded all the same, since the lock
   * goes with its connection. SQLite has one process anyway.
   */
  exclusively(name: string, work: () => Promise<void>): Promise<boolean>;
  /** Waits for the writes under way, then closes all connections. */
  close(): Promise<void>;
}

/** A Kysely instance that also tells its dialect. */
export function openKysely(config: KyselyConfig, dialect: Dialect): Db {
  return Object.assign(new Kysely<Tables>(config), { dialect });
}

/** The effects that a transaction collects while it runs. */
export interface Effects {
  before: Set<() => void>;
  after: (() => void)[];
}

export function newEffects(): Effects {
  return { before: new Set(), after: [] };
}

/** Makes a `Tx` of a Kysely instance that is inside a transaction. */
export function asTx(kysely: Kysely<Tables>, dialect: Dialect, effects: Effects): Tx {
  const tx = Object.assign(kysely, {
    dialect,
    afterCommit: (effect: () => void) => void effects.after.push(effect),
    beforeCommit: (effect: () => void) => void effects.before.add(effect),
  });
  return tx as unknown as Tx;
}
