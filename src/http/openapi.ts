import type { TSchema } from 'typebox';
import type { Route } from './route.ts';
import { routePath } from './server.ts';

interface Described {
  type?: unknown;
  properties?: Record<string, TSchema>;
  required?: string[];
  description?: string;
}

/** How a guard shows in the document: a security requirement and a sentence. */
export interface GuardWords<G> {
  security(guard: G): Record<string, string[]>[];
  sentence(guard: G): string;
}

/** The OpenAPI 3.1 document of all routes. */
export function openApi<G>(
  routes: readonly Route<G>[],
  words: GuardWords<G>,
  info: { version: string; url: string },
): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const sorted = routes.toSorted((a, b) => routePath(a).localeCompare(routePath(b)) || a.method.localeCompare(b.method));
  for (const route of sorted) {
    const path = routePath(route)
      .replaceAll(/:(\w+)/g, '{$1}')
      .replace(/\*$/, '{path}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route, words);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Baton',
      version: info.version,
      description: 'A server for fleets of CI runners, compatible with GitLab’s Runners API and runner protocol.',
    },
    servers: [{ url: info.url }],
    paths,
    components: {
      securitySchemes: {
        personalToken: { type: 'apiKey', in: 'header', name: 'PRIVATE-TOKEN' },
        bearer: { type: 'http', scheme: 'bearer' },
        jobToken: { type: 'apiKey', in: 'header', name: 'JOB-TOKEN' },
        basic: { type: 'http', scheme: 'basic' },
      },
      schemas: {
        Error: {
          type: 'object',
          description: 'Parameter errors have `error`, all others `message`.',
          properties: { error: {}, message: {} },
        },
      },
    },
  };
}

function operation<G>(route: Route<G>, words: GuardWords<G>): Record<string, unknown> {
  const inQuery = route.method === 'GET' || route.method === 'DELETE';
  const parameters = [
    ...parametersOf(route.params, 'path'),
    ...(route.path.endsWith('*') ? [{ name: 'path', in: 'path', required: true, schema: { type: 'string' } }] : []),
    ...(inQuery ? parametersOf(route.input, 'query') : []),
  ];
  const body = requestBody(route, inQuery);
  return {
    operationId: route.operation,
    tags: [route.room],
    summary: route.summary,
    description: words.sentence(route.guard),
    security: words.security(route.guard),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === null ? {} : { requestBody: body }),
    responses: responses(route),
  };
}

function parametersOf(schema: TSchema | undefined, place: 'path' | 'query'): Record<string, unknown>[] {
  const { properties = {}, required = [] } = (schema ?? {}) as Described;
  return Object.entries(properties).map(([name, declared]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...((declared as Described).description === undefined ? {} : { description: (declared as Described).description }),
    schema: plain(declared),
  }));
}

function requestBody<G>(route: Route<G>, inQuery: boolean): Record<string, unknown> | null {
  if (route.body === 'stream')
    return route.method === 'GET' ? null : { content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } };
  if (route.body === 'parts') {
    const schema = {
      type: 'object',
      properties: { file: { type: 'string', format: 'binary' }, ...(plain(route.input ?? {}) as Described).properties },
      required: ['file'],
    };
    return { required: true, content: { 'multipart/form-data': { schema } } };
  }
  if (inQuery || route.input === undefined) return null;
  const schema = plain(route.input);
  return {
    content: { 'application/json': { schema }, 'application/x-www-form-urlencoded': { schema }, 'multipart/form-data': { schema } },
  };
}

function responses<G>(route: Route<G>): Record<string, unknown> {
  const success = route.reply === undefined ? {} : { content: { 'application/json': { schema: plain(route.reply) } } };
  const all: Record<string, unknown> = { [route.status]: { description: 'Success', ...success } };
  for (const status of route.errors.toSorted((a, b) => a - b)) {
    all[status] = {
      description: `See the error bodies`,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    };
  }
  return all;
}

const ownKeys = new Set(['emptyIsNull', 'commaList', 'lenient']);

/** A schema without the keys that only our own reader of parameters knows. */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !ownKeys.has(key) && !key.startsWith('~'))
      .map(([key, value]) => [key, plain(value)]),
  );
}
