import { resolve } from 'node:path';
import { keptSystemId } from '../embedded-runner/build-folders.ts';
import { registerRunner, unregisterRunner, verifyRunner } from '../embedded-runner/register.ts';
import { startRunner } from '../embedded-runner/runner.ts';

export interface RunnerFlags {
  url: string;
  token?: string;
  registrationToken?: string;
  description?: string;
  tags?: string;
  concurrent: string;
  builds: string;
}

/**
 * `baton runner`: runs jobs of a server on this machine until it is told to stop. With a registration token it makes a runner of its
 * own and removes it at the end; with the token of a runner that is there, that one stays.
 */
export async function runner(flags: RunnerFlags): Promise<void> {
  const url = flags.url.replace(/\/+$/, '');
  const given = flags.token ?? flags.registrationToken;
  if (given === undefined) throw new Error('give --registration-token to register a runner, or --token of one that was created before');
  const concurrent = Number(flags.concurrent);
  if (!Number.isInteger(concurrent) || concurrent < 1 || concurrent > 100) throw new Error('--concurrent must be a number from 1 to 100');
  const buildsDir = resolve(flags.builds);
  const systemId = await keptSystemId(buildsDir);
  const tags = (flags.tags ?? '').split(',').map((tag) => tag.trim());
  const own = await (flags.token === undefined
    ? registerRunner(url, {
        token: given,
        tags: tags.filter((tag) => tag !== ''),
        systemId,
        ...(flags.description === undefined ? {} : { description: flags.description }),
      })
    : verifyRunner(url, { token: given, systemId }));
  const handle = startRunner({ url, token: own.token, systemId, buildsDir, concurrent, logger: say });
  say(`runner #${own.id} asks ${url} for jobs; stop it with Ctrl-C`);
  await askedToStop(() => void handle.stop(0));
  await handle.stop(patience);
  if (flags.token !== undefined) return;
  await unregisterRunner(url, own.token, systemId).catch((error: unknown) => {
    throw new Error(
      `runner #${own.id} could not be removed, so do it over the API: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
}

/** Milliseconds that running jobs get to end by themselves. */
const patience = 30_000;

/** Ends with the first signal to stop; at further ones `hurry` is called. */
function askedToStop(hurry: () => void): Promise<void> {
  return new Promise((resolvePromise) => {
    let isAsked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        say(isAsked ? 'ending running jobs' : `stopping: running jobs get ${patience / 1000} seconds; ask again to end them now`);
        if (isAsked) hurry();
        isAsked = true;
        resolvePromise();
      });
    }
  });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
