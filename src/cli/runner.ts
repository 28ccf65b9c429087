import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { registerRunner, unregisterRunner } from '../embedded-runner/register.ts';
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
  const systemId = `r_${randomBytes(6).toString('hex')}`;
  const tags = (flags.tags ?? '').split(',').map((tag) => tag.trim());
  const registered = await registerRunner(url, {
    token: given,
    tags: tags.filter((tag) => tag !== ''),
    systemId,
    ...(flags.description === undefined ? {} : { description: flags.description }),
  });
  const handle = startRunner({
    url,
    token: registered.token,
    systemId,
    buildsDir: resolve(flags.builds),
    concurrent,
    logger: (line) => process.stderr.write(`${line}\n`),
  });
  process.stderr.write(`runner #${registered.id} asks ${url} for jobs; stop it with Ctrl-C\n`);
  await new Promise<void>((resolvePromise) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolvePromise());
  });
  process.stderr.write('stopping: waiting for running jobs\n');
  await handle.stop();
  if (flags.token === undefined) await unregisterRunner(url, registered.token, systemId);
}
