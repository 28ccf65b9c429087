import type { TSchema } from 'typebox';
import { jsonBodyLimit, type Answer, type BodyKind, type Method, type Request, type Route, type Values } from '../http/route.ts';
import type { Action } from './can.ts';
import type { Actor } from './user.ts';

/**
 * Who is asked for by a route:
 * `open` nobody · `anyone` a user if one is signed in · `user` · `admin` · `user or job` a user, or the token of a running
 * job acting for its user · `anyone or job` the same if there is one · `registration` a registration token · `runner` a runner token · `job` the token of the job in
 * the path · `git` Basic authentication as git sends it.
 */
export const authKinds = [
  'open',
  'anyone',
  'user',
  'admin',
  'user or job',
  'anyone or job',
  'registration',
  'runner',
  'job',
  'git',
] as const;
export type Auth = (typeof authKinds)[number];

/** What the gate adds to a request for the thing that `:id` names, by its kind; each room adds its own. */
// eslint-disable-next-line typescript/no-empty-interface -- open on purpose: namespaces add `project` and `group`
export interface Subjects {}

/** What is added for a credential among the parameters, by the kind of `auth`; each room adds its own. */
// eslint-disable-next-line typescript/no-empty-interface -- open on purpose: runners and runner-api add theirs
export interface Admitted {}

/** Who may call a route, as data. */
export interface Guard {
  auth: Auth;
  /** Scopes of which a personal access token needs one. */
  scopes: readonly string[];
  /** What `:id` in the path names. */
  on: string | null;
  /** What the caller must be allowed to do with it; further checks on single records are in the handler. */
  can: Action | null;
  /** Permission on a record that the handler checks, named here for the endpoint map. */
  also: string | null;
}

type ActorOf<A extends Auth> = A extends 'user' | 'admin' | 'user or job'
  ? { actor: Actor }
  : A extends 'anyone' | 'anyone or job'
    ? { actor: Actor | null }
    : unknown;
type AdmittedOf<A extends Auth> = A extends keyof Admitted ? Admitted[A] : unknown;
type SubjectOf<S> = [S] extends [keyof Subjects] ? ([S] extends [never] ? unknown : Subjects[S]) : unknown;

type Context<P, I, A extends Auth, S extends keyof Subjects> = Request<Values<P>, Values<I>> & ActorOf<A> & AdmittedOf<A> & SubjectOf<S>;

interface RouteSpec<P extends TSchema | undefined, I extends TSchema | undefined, A extends Auth, S extends keyof Subjects> {
  room: string;
  operation: string;
  method: Method;
  path: string;
  summary: string;
  auth: A;
  /** Accepted besides `api` (and `read_api` for GET). */
  scopes?: readonly string[];
  on?: S;
  can?: Action;
  also?: string;
  params?: P;
  input?: I;
  reply?: TSchema;
  status?: number;
  errors?: readonly number[];
  body?: BodyKind;
  bodyLimit?: number;
  largeBody?: Route['largeBody'];
  handle(request: Context<P, I, A, S>): Promise<Answer>;
}

/** Declares an endpoint. The file is `src/<room>/routes/<operation in kebab case>.ts`, and a test checks that it is. */
export function route<
  const P extends TSchema | undefined,
  const I extends TSchema | undefined,
  const A extends Auth,
  const S extends keyof Subjects = never,
>(spec: RouteSpec<P, I, A, S>): Route<Guard> {
  const base = spec.method === 'GET' ? ['api', 'read_api'] : ['api'];
  return {
    room: spec.room,
    operation: spec.operation,
    method: spec.method,
    path: spec.path,
    summary: spec.summary,
    guard: {
      auth: spec.auth,
      scopes: [...base, ...(spec.scopes ?? [])],
      on: (spec.on as string | undefined) ?? null,
      can: spec.can ?? null,
      also: spec.also ?? null,
    },
    params: spec.params,
    input: spec.input,
    reply: spec.reply,
    status: spec.status ?? (spec.reply === undefined ? 204 : 200),
    errors: spec.errors ?? [],
    body: spec.body ?? 'parameters',
    bodyLimit: spec.bodyLimit ?? jsonBodyLimit,
    largeBody: spec.largeBody,
    file: `${spec.room}/routes/${spec.operation.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`,
    handle: spec.handle as Route<Guard>['handle'],
  };
}
