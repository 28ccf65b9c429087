import { accessSync, constants, mkdirSync } from 'node:fs';
import { pino, type Logger } from 'pino';
import { startServer, type Baton } from '../app.ts';
import { ConfigError, readConfig, type Config, type SettingName } from '../config.ts';
import { findRegistrationToken } from '../namespaces/registration-token-store.ts';

/** `baton serve`: starts the server, says how to reach it, and stops it in good order on SIGTERM and SIGINT. */
export async function serve(given: Partial<Record<SettingName, string>>): Promise<void> {
  const config = readConfig(given, process.env);
  if (!config.inMemory) checkFolder(config.data);
  const log = pino({ level: 'info' }, pino.destination(2));
  const baton = await startServer(config, { log }).catch((error: unknown) => {
    throw explainStart(error, config);
  });
  await greet(baton);
  stopOnSignals(baton, log);
}

/** Ctrl-C reaches this process and the launcher in front of it, which hands it on: that is one wish and not two (ms). */
const sameWishMs = 1000;
/** When it has been asked twice, the process ends even if something cannot be closed (ms). */
const lastPatienceMs = 3000;

/** The first signal stops in good order; another one later, at once: nothing under way is waited for. */
function stopOnSignals(baton: Baton, log: Logger): void {
  let firstAt: number | null = null;
  function onSignal(): void {
    const hurries = firstAt !== null && performance.now() - firstAt > sameWishMs;
    firstAt ??= performance.now();
    if (hurries) setTimeout(() => process.exit(1), lastPatienceMs).unref();
    baton.stop(hurries ? 0 : undefined).catch((error: unknown) => {
      log.error({ err: error }, 'stopping failed');
      process.exitCode = 1;
    });
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
}

async function greet(baton: Baton): Promise<void> {
  const instance = { scope: 'instance', subjectId: 0 } as const;
  const registrationToken = await findRegistrationToken(baton.app.db, baton.app.secrets, instance);
  const lines = [
    '',
    `  Baton is ready at ${baton.url}`,
    '',
    baton.rootToken === null
      ? '  Root token      shown at the first start only; an administrator can make new ones over the API'
      : `  Root token      ${baton.rootToken}   (shown only now: keep it)`,
    '',
    '  Register an agent:',
    `    gitlab-runner register --non-interactive --url ${baton.url} --registration-token ${registrationToken ?? '(none)'} --executor shell`,
    '  or run jobs right here:',
    `    ${runnerCommand()} --url ${baton.url} --registration-token ${registrationToken ?? '(none)'}`,
    '  Ask the API:',
    `    curl --header "PRIVATE-TOKEN: ${baton.rootToken ?? '<token>'}" "${baton.url}/api/v4/runners/all"`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** How the built-in runner is started by somebody who started the server this way. */
function runnerCommand(): string {
  return process.env['npm_lifecycle_event'] === undefined ? 'baton runner' : 'npm run runner --';
}

function checkFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `the data folder ${folder} cannot be used (${code ?? 'unknown error'}): make it readable and writable for this user, or choose another with --data or BATON_DATA`,
    );
  }
}

function explainStart(error: unknown, config: Config): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const place = `port ${config.port} on ${config.host}`;
  if (code === 'EADDRINUSE')
    return new ConfigError(`${place} is taken: stop the program that holds it, or choose another with --port or BATON_PORT`);
  if (code === 'EACCES') return new ConfigError(`${place} may not be opened by this user: choose one above 1023 with --port or BATON_PORT`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new ConfigError(`${config.host} is no address of this machine: give one with --host or BATON_HOST`);
  return error;
}
