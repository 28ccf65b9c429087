import type { Entering } from '../http/route.ts';
import type { Gate } from '../http/server.ts';
import { forWrongToken } from '../http/failure-limit.ts';
import { forbidden, HttpError, notFound, unauthorized } from '../http/errors.ts';
import { can, type Facts } from './can.ts';
import type { Guard } from './route.ts';
import type { Actor } from './user.ts';

/** A project or group that a path names, with the caller's standing towards it. */
export interface FoundSubject {
  /** Added to the request: the subject by its name, and the facts. */
  value: object;
  facts: Facts;
}

/** What the gate needs from the rooms around it. */
export interface GateOptions {
  /** The caller with this personal access token; throws the contract's 401 or 403 for a dead one. */
  userByToken(token: string): Promise<Actor | null>;
  /** The user for whom the running job with this token acts, with the job's facts added to the actor. */
  userByJobToken(token: string): Promise<Actor | null>;
  /** Finds what `:id` names. */
  findSubject(kind: string, id: string, actor: Actor | null): Promise<FoundSubject | null>;
  /** Finds what a token among the parameters stands for (`runner`, `job`); throws the contract's error. */
  admit(kind: string, request: Entering, input: Record<string, unknown>): Promise<Record<string, unknown>>;
}

/** Routes that look for a user; the others know their callers by other things. */
const forUsers: readonly Guard['auth'][] = ['anyone', 'user', 'admin', 'user or job', 'anyone or job'];

/**
 * The order of checks is the contract's: authentication, then the project or group and the role in it, then parameters,
 * then records (runners API A.2).
 */
export function createGate(options: GateOptions): Gate<Guard> {
  async function actorOf(guard: Guard, request: Entering): Promise<Actor | null> {
    const forJobs = guard.auth === 'user or job' || guard.auth === 'anyone or job';
    const token = userTokenOf(request);
    if (token !== null) {
      const actor = await options.userByToken(token);
      if (actor === null) return known(forJobs && token === bearerOf(request) ? await options.userByJobToken(token) : null);
      if (!actor.scopes.some((scope) => guard.scopes.includes(scope))) throw insufficientScope(guard.scopes);
      return actor;
    }
    const jobToken = forJobs ? jobTokenOf(request) : null;
    return jobToken === null ? null : known(await options.userByJobToken(jobToken));
  }

  return {
    async enter(guard, request) {
      if (!forUsers.includes(guard.auth)) return {};
      const actor = await actorOf(guard, request);
      if (actor === null && guard.auth !== 'anyone' && guard.auth !== 'anyone or job') throw unauthorized();
      if (guard.auth === 'admin' && actor?.user.admin !== true) throw forbidden();
      if (guard.on === null) {
        if (guard.can !== null && !can(actor, guard.can, { level: 0 })) throw forbidden();
        return { actor };
      }
      const found = await options.findSubject(guard.on, String(request.params['id']), actor);
      const kind = guard.on === 'project' ? 'Project' : 'Group';
      const seen = found !== null && can(actor, guard.on === 'project' ? 'project.read' : 'group.read', found.facts);
      if (!seen) throw notFound(kind);
      if (guard.can !== null && !can(actor, guard.can, found.facts)) throw actor === null ? unauthorized() : forbidden();
      return { actor, ...found.value };
    },
    async admit(guard, request, input) {
      return guard.auth === 'runner' || guard.auth === 'job' ? options.admit(guard.auth, request, input) : {};
    },
  };
}

/** Who gives a token that nobody has does not pass for nobody. */
function known(actor: Actor | null): Actor {
  if (actor === null) throw forWrongToken(unauthorized());
  return actor;
}

function userTokenOf(request: Entering): string | null {
  const { headers, given } = request;
  const header = headers['private-token'];
  if (typeof header === 'string' && header !== '') return header;
  return bearerOf(request) ?? firstText(given['private_token'], given['access_token']);
}

function bearerOf({ headers }: Entering): string | null {
  return /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** The parameter `token` counts before the header, as in GitLab (runner protocol 1). */
function jobTokenOf({ headers, given }: Entering): string | null {
  return firstText(given['token'], headers['job-token'], given['job_token']);
}

function firstText(...values: unknown[]): string | null {
  return values.find((value): value is string => typeof value === 'string' && value !== '') ?? null;
}

function insufficientScope(scopes: readonly string[]): HttpError {
  return new HttpError(403, {
    error: 'insufficient_scope',
    error_description: 'The request requires higher privileges than provided by the access token.',
    scope: scopes.join(' '),
  });
}
