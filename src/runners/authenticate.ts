import '../access/app.ts';
import { forbidden } from '../http/errors.ts';
import { forWrongToken } from '../http/failure-limit.ts';
import type { App } from '../http/route.ts';
import type { Entering } from '../http/route.ts';
import { isTokenExpired, type Runner } from './runner.ts';
import { findRunnerByToken } from './store.ts';

declare module '../access/route.ts' {
  interface Admitted {
    /** The runner whose authentication token was given. */
    runner: { runner: Runner };
  }
}

/**
 * The runner with an authentication token. Throws 403 for an unknown or expired one, and for nothing else: three of these
 * switch an agent off for an hour (runner protocol 4.4).
 */
export async function authenticateRunner(app: App, token: string): Promise<Runner> {
  const runner = await findRunnerByToken(app.db, app.secrets, token);
  if (runner === null) throw forWrongToken(forbidden());
  if (isTokenExpired(runner, app.clock.now())) throw forbidden();
  return runner;
}

/** The runner that a call of its agent is about: by the parameter `token`, or by the header `RUNNER-TOKEN` alone (runner protocol 1). */
export async function admitRunner(app: App, { headers }: Entering, input: Record<string, unknown>): Promise<{ runner: Runner }> {
  const token = input['token'] ?? headers['runner-token'];
  if (typeof token !== 'string' || token === '') throw forbidden();
  return { runner: await authenticateRunner(app, token) };
}
