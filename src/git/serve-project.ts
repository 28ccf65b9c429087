import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { can } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import { isUnavailable } from '../db/dialect.ts';
import { HttpError, unauthorized } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { findProjectByName } from '../namespaces/project-store.ts';
import { projectFacts } from '../namespaces/subjects.ts';
import { refsMoved } from './after-push.ts';
import { BASIC_CHALLENGE } from './basic-auth.ts';
import { failReply } from './git-reply.ts';
import { mayUseService, scopesFor, signIn } from './git-sign-in.ts';
import type { GitUrl } from './git-url.ts';
import { repositoryOf } from './project-repository.ts';
import { ciPushOptions } from './push-request.ts';
import { fastForwardOnly, judgeUpdate } from './push-rules.ts';
import type { Push, PushDecision } from './receive-pack.ts';
import { pushRulesOf, type Pusher } from './pusher.ts';
import { serveGit } from './smart-http.ts';

/** Bytes of objects that one push may bring. */
const maxPackBytes = 5 * 1024 ** 3;

/** Milliseconds that one fetch or push may take. */
const timeLimitMs = 60 * 60_000;

/** A request for a repository, and the raw exchange on which it is answered. */
export interface GitExchange {
  app: App;
  headers: IncomingHttpHeaders;
  /** Address of the client. */
  ip: string;
  requestId: string;
  req: IncomingMessage;
  res: ServerResponse;
}

/** A refusal in plain text, which git shows to its user. */
class GitRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Serves one request of a git client from beginning to end: who asks, may they, then git itself (runner protocol 10).
 * Whoever has not signed in is asked to, also for a project that does not exist: git sends its credentials only then
 * (trap 15). Never rejects; faults of the server's are answered and logged.
 */
export async function serveProject(exchange: GitExchange, url: GitUrl & { kind: 'service' }): Promise<void> {
  const { app, req, res, requestId } = exchange;
  res.setHeader('X-Request-Id', requestId);
  try {
    const caller = await admit(exchange, url);
    const repository = await repositoryOf(app, caller.project);
    await serveGit(repository, req, res, {
      service: url.service,
      advertise: url.advertise,
      slots: app.gitSlots,
      maxPackBytes,
      timeLimitMs,
      beforeReceive: (push) => decide(app, caller, push),
      afterReceive: (push) => follow(app, caller, push),
    });
  } catch (thrown) {
    const error = thrown instanceof HttpError ? app.failures.answerTo(thrown, exchange.ip, app.clock.now()) : thrown;
    if (error instanceof GitRefusal) return failReply(res, error.status, error.message);
    if (error instanceof HttpError && error.status === 401)
      return void res.writeHead(401, BASIC_CHALLENGE.headers).end(BASIC_CHALLENGE.body);
    if (error instanceof HttpError) for (const [name, value] of Object.entries(error.headers)) res.setHeader(name, value);
    if (error instanceof HttpError && error.status < 500) return failReply(res, error.status, textOf(error));
    app.log.error({ err: error, requestId, project: url.projectPath }, 'git request failed');
    if (!isUnavailable(error)) return failReply(res, 500, 'The repository could not be served.');
    res.setHeader('Retry-After', '5');
    failReply(res, 503, 'The server is starting, stopping or its database is away: try again shortly.');
  }
}

/** A caller who may do what the request is for; the actor is null for an anonymous fetch. */
interface Admitted extends Omit<Pusher, 'actor'> {
  actor: Actor | null;
}

async function admit({ app, headers }: GitExchange, { projectPath, service }: GitUrl & { kind: 'service' }): Promise<Admitted> {
  const writes = service === 'git-receive-pack';
  const actor = await signIn(app, headers);
  const project = await findProjectByName(app.db, projectPath);
  const facts = project === null ? null : await projectFacts(app, project, actor);
  if (actor === null) {
    if (writes || project === null || facts === null || !can(null, 'project.code', facts)) throw unauthorized();
    return { project, facts, actor };
  }
  const ownJob = actor.job !== null && actor.job.projectId === project?.id;
  if (project === null || facts === null || !(ownJob || can(actor, 'project.read', facts))) {
    throw new GitRefusal(404, "The project you were looking for could not be found or you don't have permission to view it.");
  }
  if (!mayUseService(actor, service)) throw new GitRefusal(403, scopeAdvice(actor, service));
  if (writes && project.archived) throw new GitRefusal(403, 'The project is archived and takes no pushes.');
  if (writes && !can(actor, 'project.push', facts)) throw new GitRefusal(403, 'You are not allowed to push code to this project.');
  if (!writes && !ownJob && !can(actor, 'project.code', facts)) {
    throw new GitRefusal(403, 'You are not allowed to download code from this project.');
  }
  return { project, facts, actor };
}

function scopeAdvice(actor: Actor, service: keyof typeof scopesFor): string {
  if (actor.job !== null) return 'You are not allowed to upload code: the token of a job can only read.';
  return `The token does not open this: it needs one of the scopes ${scopesFor[service].join(', ')}.`;
}

async function decide(app: App, caller: Admitted, { updates }: Push): Promise<PushDecision> {
  const rules = await pushRulesOf(app, caller, 'git');
  const refusals = updates.map((update) => judgeUpdate(update, rules));
  const refusal = refusals.find((found) => found !== null)?.text ?? null;
  return { refusal, fastForwardOnly: fastForwardOnly(updates, rules) };
}

async function follow(app: App, { project, actor }: Admitted, { updates, pushOptions }: Push): Promise<readonly string[]> {
  if (actor === null) throw new Error('nobody has signed in for this push');
  const { skip, variables } = ciPushOptions(pushOptions);
  return refsMoved(app, project, actor.user, { updates, skipCi: skip, variables });
}

function textOf({ body }: HttpError): string {
  return String(body['message'] ?? body['error_description'] ?? body['error']);
}
