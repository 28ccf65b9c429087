import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Logger } from './access/app.ts';
import { userByToken } from './access/authenticate.ts';
import { createGate } from './access/gate.ts';
import type { Guard } from './access/route.ts';
import { connectRooms } from './app/connect.ts';
import { backgroundLoops } from './app/loops.ts';
import { routes } from './app/routes.ts';
import { readConfig, type Config, type SettingName } from './config.ts';
import { isUnavailable } from './db/dialect.ts';
import { lockFolder } from './db/folder-lock.ts';
import { openDatabase } from './db/open.ts';
import { checkGit } from './git/git-process.ts';
import { Repositories } from './git/repository.ts';
import type { HttpError } from './http/errors.ts';
import type { App } from './http/route.ts';
import { createFrontDoor } from './http/front-door.ts';
import { createServer } from './http/server.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import { createSecretBox } from './lib/secret-box.ts';
import { keyInFolder } from './lib/secret-key.ts';
import { bootstrap } from './namespaces/bootstrap.ts';
import { findSubject } from './namespaces/subjects.ts';
import { openObjects } from './objects/open.ts';
import type { Loops } from './ops/loops.ts';
import { mostConnections, openFilesLimit, openFilesWarning } from './ops/open-files.ts';
import { resumeCreated } from './pipelines/create.ts';
import { findJob } from './pipelines/job-store.ts';
import { isOnRunner } from './pipelines/job-state.ts';
import { admitJob } from './runner-api/admit-job.ts';
import { admitRunner } from './runners/authenticate.ts';
import { flushContacts } from './runners/contact.ts';
import { longestHold } from './queue/dispatcher.ts';
import { settleLog } from './traces/ended-log.ts';
import { createLogStore } from './traces/log-store.ts';

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
  /** The background work. */
  loops: Loops;
  /**
   * Takes no more requests, ends held ones and finishes those under way, writes what is only in memory and closes the database. What
   * still comes in after `patienceMs` (20 s unless given) is cut off. May be called again, also with less patience.
   */
  stop(patienceMs?: number): Promise<void>;
}

export interface StartOptions {
  log?: Logger;
  clock?: Clock;
  /** false: background work runs only when asked for, for tests whose clock jumps. */
  background?: boolean;
  /** How long a request for a job is held when there is none (ms); 0: it is answered at once. */
  holdMs?: number;
}

/** An upload that moves on may end within this time of a stop (ms); supervisors usually wait for 30 s. */
const stopPatienceMs = 20_000;

/**
 * Starts a server with a checked configuration. Throws errors whose message is one sentence for people: `ConfigError`,
 * `DatabaseUnavailable`, `NewerSchema`, or the system's own for an occupied port. What was opened before is closed again.
 */
export async function startServer(config: Config, options: StartOptions = {}): Promise<Baton> {
  await using opened = new AsyncDisposableStack();
  const log = options.log ?? pino({ level: 'silent' });
  const clock = options.clock ?? systemClock;
  await checkGit();
  // Two servers in one folder would write over each other's logs.
  if (!config.inMemory) opened.defer(lockFolder(config.data));
  const openFiles = openFilesLimit();
  const warning = openFilesWarning(openFiles);
  if (warning !== null) log.warn(warning);
  // Agents that come while the rest is opened are told to come again.
  const door = createFrontDoor({ mostConnections: mostConnections(openFiles) ?? undefined });
  let patienceMs = 0;
  opened.defer(() => door.close(patienceMs));
  await door.listen(config.host, config.port);
  const database = await openDatabase(config.databaseUrl);
  opened.defer(() => database.close());
  const secrets = createSecretBox(config.secretKey ?? (config.inMemory ? randomBytes(32) : keyInFolder(config.data)));
  const objects = await openObjects(config.objectsUrl);
  const logs = await createLogStore({ folder: config.inMemory ? null : join(config.data, 'logs'), objects, clock, log });
  opened.defer(() => logs.close());
  const repositories = await Repositories.open(repositoriesFolder(config, opened));
  opened.defer(() => repositories.close());

  const app = connectRooms({ config, database, objects, logs, repositories, secrets, clock, log, holdMs: options.holdMs ?? longestHold });
  app.url ||= addressOf(door.server.address(), config.host);
  const first = await app.write((tx) => bootstrap(tx, secrets, config, clock.now()));
  const gate = createGate({
    userByToken: (token) => userByToken(app, token),
    userByJobToken: (token) => app.userByJobToken(token),
    findSubject: (kind, id, actor) => findSubject(app, kind, id, actor),
    admit: (kind, request, input) => (kind === 'runner' ? admitRunner(app, request, input) : admitJob(app, request, input)),
  });
  const loops = await backgroundLoops(app, database);
  const insteadOf = (error: HttpError, ip: string) => app.failures.answerTo(error, ip, clock.now());
  const server = await createServer<Guard>({ app, routes, gate, log, url: () => app.url, isUnavailable, insteadOf, door });
  opened.defer(async () => {
    // Held requests end with 204 before anything else, so that their agents ask somebody else, or again.
    app.dispatcher.close();
    await Promise.all([door.close(patienceMs), loops.stop()]);
    await server.close();
    // A database that is away must not keep the rest from closing.
    await flushContacts(app).catch((error: unknown) => log.warn({ err: error }, 'the last contacts of agents were not written'));
  });
  await server.ready();
  await resume(app);
  door.open((request, response) => server.routing(request, response));
  if (options.background !== false) loops.start();

  const running = opened.move();
  let stopping: Promise<void> | null = null;
  const stop = (patience = stopPatienceMs): Promise<void> => {
    if (stopping === null) patienceMs = patience;
    else void door.close(patience);
    return (stopping ??= running.disposeAsync());
  };
  return {
    url: app.url,
    rootToken: first?.rootToken ?? null,
    registrationToken: first?.registrationToken ?? null,
    app,
    loops,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** Goes on with what the end of the process before has cut short: logs of jobs that have ended, pipelines half made. */
async function resume(app: App): Promise<void> {
  for (const jobId of app.logs.unfinished()) {
    const job = await findJob(app.db, jobId);
    if (job === null || job.erasedAt !== null) await app.logs.erase(jobId);
    else if (!isOnRunner(job.status)) settleLog(app.logs, job);
  }
  await resumeCreated(app);
}

/** Repositories are files for git itself: without a data folder they live in a temporary one, which goes at the stop. */
function repositoriesFolder(config: Config, opened: AsyncDisposableStack): string {
  if (!config.inMemory) return join(config.data, 'repositories');
  const folder = mkdtempSync(join(tmpdir(), 'baton-'));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
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
