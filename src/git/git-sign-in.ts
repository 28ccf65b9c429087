import type { IncomingHttpHeaders } from 'node:http';
import { userByToken } from '../access/authenticate.ts';
import type { Actor } from '../access/user.ts';
import { unauthorized } from '../http/errors.ts';
import { forWrongToken } from '../http/failure-limit.ts';
import type { App } from '../http/route.ts';
import './app.ts';
import { parseBasicAuth } from './basic-auth.ts';
import type { GitService } from './git-url.ts';

/** The user name with which agents sign in; the password is then the token of a running job (runner protocol 10). */
const jobUser = 'gitlab-ci-token';

/** Scopes of which a personal access token needs one. */
export const scopesFor: Record<GitService, readonly string[]> = {
  'git-upload-pack': ['api', 'read_repository', 'write_repository'],
  'git-receive-pack': ['api', 'write_repository'],
};

/**
 * Whoever asks for a repository: by Basic authentication, where the password is a personal access token under any user
 * name, or a job's token under its own; by `PRIVATE-TOKEN` or a Bearer token otherwise. Null for nobody. Throws the
 * contract's 401 for credentials that are not good, and 403 for a blocked user.
 */
export async function signIn(app: App, headers: IncomingHttpHeaders): Promise<Actor | null> {
  const token = headers['private-token'];
  if (typeof token === 'string' && token !== '') return known(await userByToken(app, token));
  const { authorization } = headers;
  if (authorization === undefined) return null;
  const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined) return known(await userByToken(app, bearer));
  const credentials = parseBasicAuth(authorization);
  if (credentials === null) throw unauthorized();
  const { user, password } = credentials;
  if (password === '') throw unauthorized();
  return known(user === jobUser ? await app.userByJobToken(password) : await userByToken(app, password));
}

function known(actor: Actor | null): Actor {
  if (actor === null) throw forWrongToken(unauthorized());
  return actor;
}

/** Whether the caller's token opens this service. Job tokens read only, as far as their user may. */
export function mayUseService(actor: Actor, service: GitService): boolean {
  if (actor.job !== null) return service === 'git-upload-pack';
  return actor.scopes.some((scope) => scopesFor[service].includes(scope));
}
