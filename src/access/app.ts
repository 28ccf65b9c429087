import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config.ts';
import type { Database, Db, Tx } from '../db/tx.ts';
import type { Clock } from '../lib/clock.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import type { User } from './user.ts';

declare module '../http/route.ts' {
  interface App {
    /** Reads of committed data. */
    db: Db;
    /** Writes, in a transaction that is durable when the promise resolves. */
    write: Database['write'];
    clock: Clock;
    secrets: SecretBox;
    config: Config;
    /** External URL without a slash at the end. */
    url: string;
    log: Logger;

    /** Gives a new user a namespace of the same name. A path that is taken violates a unique index. */
    addUserNamespace(tx: Tx, user: User): Promise<void>;
    /** Brings the namespace of a user, and the paths below it, in line with the user's name. Likewise. */
    renameUserNamespace(tx: Tx, user: User): Promise<void>;
    /** Ids of the groups that this user alone owns, which would be without an owner. */
    groupsOwnedAlone(db: Db, userId: number): Promise<number[]>;
    /** Removes what the rooms above keep of a user: memberships, the own namespace with its projects, and these groups. */
    dropUser(tx: Tx, user: User, groupIds: readonly number[]): Promise<void>;
  }
}

/** A structured logger: `log.warn({ jobId }, 'job stuck')`. */
export type Logger = FastifyBaseLogger;
