import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config.ts';
import type { Database, Db } from '../db/tx.ts';
import type { Clock } from '../lib/clock.ts';
import type { SecretBox } from '../lib/secret-box.ts';

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
  }
}

/** A structured logger: `log.warn({ jobId }, 'job stuck')`. */
export type Logger = FastifyBaseLogger;
