import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { isBrokenMultipart, malformedBody, multipartFields, parseFormText, readBodies } from './bodies.ts';
import { answerConditionally, allowAnyOrigin } from './headers.ts';
import type { FrontDoor } from './front-door.ts';
import { badParameter, HttpError, tooLarge, unavailable, unknownRoute } from './errors.ts';
import { readParameters } from './parameters.ts';
import { isContent, jsonBodyLimit, type App, type Entering, type Part, type Request, type Route } from './route.ts';
import { admitLarge, readAway } from './unwanted-body.ts';

/** How long a client may go on with a body after it was answered. */
const patienceMs = 10_000;

/** Decides who may enter a route; given by the room that knows users and tokens. */
export interface Gate<G> {
  /** Before the parameters are read: who calls, and may they come this far? What it gives back is added to the request. */
  enter(guard: G, request: Entering): Promise<Record<string, unknown>>;
  /** After the parameters are read: credentials that are parameters themselves (runner and job tokens). */
  admit(guard: G, request: Entering, input: Record<string, unknown>): Promise<Record<string, unknown>>;
}

export interface ServerOptions<G> {
  app: App;
  routes: readonly Route<G>[];
  gate: Gate<G>;
  log: FastifyBaseLogger;
  /** External URL of the server, without a slash at the end; known once it listens. */
  url(): string;
  /** Whether an error says that a part of the server is away for now: answered 503, so that agents come again. */
  isUnavailable(error: unknown): boolean;
  /** The answer to give instead of an error, to the client at an address: where failures are limited. */
  insteadOf?(error: HttpError, ip: string): HttpError;
  /** The server that listens already, opened to the routes by whoever calls `createServer`; without it `listen` has to be called. */
  door?: FrontDoor;
}

/** Puts all routes on a Fastify server, which is not yet answering. */
export async function createServer<G>(options: ServerOptions<G>): Promise<FastifyInstance> {
  const { door } = options;
  const server = fastify({
    ...(door === undefined ? {} : { serverFactory: () => door.server }),
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: 'loopback',
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    bodyLimit: jsonBodyLimit,
    // Agents keep connections for 90 s and may upload for an hour.
    keepAliveTimeout: 120_000,
    requestTimeout: 0,
    routerOptions: { maxParamLength: 4096, querystringParser: parseFormText, ignoreTrailingSlash: true },
    exposeHeadRoutes: true,
    frameworkErrors: (error, _request, reply: FastifyReply) => void reply.code(400).send({ error: error.message }),
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
    if (request.url.startsWith('/api/')) allowAnyOrigin(reply);
  });
  server.addHook('onSend', answerConditionally);
  server.setErrorHandler((error, request, reply) => sendError(options, error, request, reply));
  server.setNotFoundHandler((request, reply) => {
    if (request.method === 'OPTIONS' && request.url.startsWith('/api/')) return reply.code(204).send();
    return sendError(options, unknownRoute(), request, reply);
  });
  await readBodies(server);
  // A body that a handler reads by itself must reach it untouched: those routes live in a context without parsers.
  await server.register(async (streams) => {
    streams.removeAllContentTypeParsers();
    streams.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
    for (const route of options.routes) if (route.body === 'stream') mount(streams, route, options);
  });
  for (const route of options.routes) if (route.body !== 'stream') mount(server, route, options);
  return server;
}

/** Full path of a route on the server. */
export function routePath(route: { path: string }): string {
  return route.path.startsWith('//') ? route.path.slice(1) : `/api/v4${route.path}`;
}

function mount<G>(server: FastifyInstance, route: Route<G>, options: ServerOptions<G>): void {
  const { largeBody } = route;
  server.route({
    method: route.method,
    url: routePath(route),
    bodyLimit: route.bodyLimit,
    ...(largeBody === undefined
      ? {}
      : {
          preParsing: async (request: FastifyRequest, _reply: FastifyReply, body: Readable) =>
            admitLarge(body, jsonBodyLimit, (head) => largeBody(options.app, enteringOf(request, asRecord(request.query)), head)),
        }),
    handler: async (request, reply) => {
      const outcome = await answer(route, request, reply, options);
      if (reply.sent) return reply;
      if (isContent(outcome)) return reply.type(outcome.contentType).send(outcome.body);
      if (reply.statusCode === 204 || outcome === undefined) return reply.send();
      return reply.type('application/json').send(JSON.stringify(outcome));
    },
  });
}

async function answer<G>(route: Route<G>, request: FastifyRequest, reply: FastifyReply, options: ServerOptions<G>): Promise<unknown> {
  const params = request.params as Record<string, unknown>;
  const given = { ...asRecord(request.query), ...(await bodyParameters(route, request)) };
  const entering = enteringOf(request, given);
  const entered = await options.gate.enter(route.guard, entering);
  const readParams = readParameters(route.params, params);
  const readInput = readParameters(route.input, given);
  const complaints = [...readParams.complaints, ...readInput.complaints];
  if (complaints.length > 0) throw badParameter(complaints.join(', '));
  const admitted = await options.gate.admit(route.guard, entering, readInput.values);
  reply.code(route.status);
  const context: Request<unknown, unknown> = {
    app: options.app,
    params: readParams.values,
    input: readInput.values,
    given,
    headers: request.headers,
    ip: request.ip,
    requestId: request.id,
    url: request.url,
    method: request.method,
    raw: request.raw,
    baseUrl: options.url(),
    isConnected: () => request.raw.socket.writable,
    parts: () => partsOf(request),
    reply: {
      status: (code) => void reply.code(code),
      header: (name, value) => void reply.header(name, value),
      takeOver() {
        reply.hijack();
        return reply.raw;
      },
    },
  };
  return route.handle({ ...context, ...entered, ...admitted });
}

function enteringOf(request: FastifyRequest, given: Record<string, unknown>): Entering {
  return { given, params: request.params as Record<string, unknown>, headers: request.headers, ip: request.ip, method: request.method };
}

async function bodyParameters(route: { body: string }, request: FastifyRequest): Promise<Record<string, unknown>> {
  if (route.body !== 'parameters') return {};
  if (request.isMultipart()) return multipartFields(request);
  return asRecord(request.body);
}

function partsOf(request: FastifyRequest): AsyncIterable<Part> {
  if (!request.isMultipart()) throw badParameter('file is missing');
  // The handler counts the bytes itself while they stream; the parser's own limit would cut them silently.
  return request.parts({ limits: { fileSize: Number.MAX_SAFE_INTEGER } }) as AsyncIterable<Part>;
}

/** Lists and scalars are no parameters: `null` is what one agent sends as a whole body (runner protocol 17.1, 22). */
function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w-]{1,128}$/.test(header) ? header : randomUUID().replaceAll('-', '');
}

function sendError<G>(options: ServerOptions<G>, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const explained = explain(error, options, request.routeOptions.bodyLimit);
  const known = options.insteadOf?.(explained, request.ip) ?? explained;
  // A client that goes away in the middle of its body is no fault of ours, and hears nothing of it.
  const hungUp = request.raw.socket.destroyed && !request.raw.complete;
  if (known.status >= 500 && !hungUp)
    options.log.error({ err: error, requestId: request.id, method: request.method, url: request.routeOptions.url }, 'request failed');
  for (const [name, value] of Object.entries(known.headers)) reply.header(name, value);
  // The framework would close the connection under a body that it does not like.
  reply.removeHeader('connection');
  reply.raw.once('finish', () => readAway(request.raw, patienceMs, () => !request.server.server.listening));
  return reply.code(known.status).type('application/json').send(JSON.stringify(known.body));
}

function explain<G>(error: unknown, options: ServerOptions<G>, bodyLimit = jsonBodyLimit): HttpError {
  if (error instanceof HttpError) return error;
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return tooLarge(bodyLimit > jsonBodyLimit ? `at most ${bodyLimit / jsonBodyLimit} MiB` : undefined);
  if (code === 'FST_REQ_FILE_TOO_LARGE') return tooLarge();
  if (isBrokenMultipart(error)) return badParameter(malformedBody);
  if (statusCode === 413) return tooLarge(message);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new HttpError(statusCode, { error: message ?? 'bad request' });
  if (options.isUnavailable(error)) return unavailable();
  return new HttpError(500, { message: '500 Internal Server Error' });
}
