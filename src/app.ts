import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { userByToken } from './access/authenticate.ts';
import { createGate } from './access/gate.ts';
import type { Guard } from './access/route.ts';
import { accessRoutes } from './access/routes/index.ts';
import type { Logger } from './access/app.ts';
import { readConfig, type Config, type SettingName } from './config.ts';
import { isUnavailable } from './db/dialect.ts';
import { openDatabase } from './db/open.ts';
import type { App, Route } from './http/route.ts';
import { createServer } from './http/server.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import { createSecretBox } from './lib/secret-box.ts';
import { keyInFolder } from './lib/secret-key.ts';
import { bootstrap } from './namespaces/bootstrap.ts';
import { opsRoutes } from './ops/routes/index.ts';
import { findSubject } from './namespaces/subjects.ts';

/** All endpoints of the server. */
export const routes: readonly Route<Guard>[] = [...accessRoutes, ...opsRoutes];

/** A running server. */
export interface Baton extends AsyncDisposable {
  /** Where it can be reached, without a slash at the end. */
  url: string;
  /** Token of the first administrator; null when it was given out at an earlier start. */
  rootToken: string | null;
  /** Registration token of the instance; null likewise. */
  registrationToken: string | null;
  /** What the rooms work with; for tests and for code that runs in the same process. */
  app: App;
  /** Ends open requests in good order and closes the database. May be called twice. */
  stop(): Promise<void>;
}

export interface StartOptions {
  log?: Logger;
  clock?: Clock;
}

/**
 * Starts a server with a checked configuration. Throws errors whose message is one sentence for people: `ConfigError`,
 * `DatabaseUnavailable`, `NewerSchema`, or the system's own for an occupied port.
 */
export async function startServer(config: Config, options: StartOptions = {}): Promise<Baton> {
  const log = options.log ?? pino({ level: 'silent' });
  const clock = options.clock ?? systemClock;
  const database = await openDatabase(config.databaseUrl);
  const secrets = createSecretBox(config.secretKey ?? (config.inMemory ? randomBytes(32) : keyInFolder(config.data)));
  const app: App = { db: database.read, write: database.write, clock, secrets, config, url: config.url ?? '', log };
  const gate = createGate({
    userByToken: (token) => userByToken(app, token),
    userByJobToken: async () => null,
    findSubject: (kind, id, actor) => findSubject(app, kind, id, actor),
    admit: async () => ({}),
  });
  const first = await app.write((tx) => bootstrap(tx, secrets, config, clock.now()));
  const server = await createServer<Guard>({ app, routes, gate, log, url: () => app.url, isUnavailable });
  await server.listen({ host: config.host, port: config.port, backlog: 4096 });
  app.url ||= addressOf(server.server.address(), config.host);

  let stopping: Promise<void> | null = null;
  async function stopAll(): Promise<void> {
    await server.close();
    await database.close();
  }
  const stop = () => (stopping ??= stopAll());
  return {
    url: app.url,
    rootToken: first?.rootToken ?? null,
    registrationToken: first?.registrationToken ?? null,
    app,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function addressOf(address: AddressInfo | string | null, host: string): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/**
 * Starts a server for people who test their own clients: in memory, on a free port, gone when it stops. Settings are those
 * of the table in `config.ts` and replace these defaults; the environment is not read.
 */
export async function startBaton(given: Partial<Record<SettingName, string>> = {}): Promise<Baton> {
  return startServer(readConfig({ databaseUrl: 'sqlite::memory:', port: '0', ...given }));
}
