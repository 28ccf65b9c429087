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
  const schemas: Components = {
    Error: { type: 'object', description: 'Parameter errors have `error`, all others `message`.', properties: { error: {}, message: {} } },
  };
  const sorted = routes.toSorted((a, b) => routePath(a).localeCompare(routePath(b)) || a.method.localeCompare(b.method));
  for (const route of sorted) {
    const path = routePath(route)
      .replaceAll(/:(\w+)/g, '{$1}')
      .replace(/\*$/, '{path}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route, words, schemas);
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
      responses: { Error: { description: 'What is wrong.', content: { 'application/json': { schema: reference('Error') } } } },
      schemas,
    },
  };
}

function operation<G>(route: Route<G>, words: GuardWords<G>, components: Components): Record<string, unknown> {
  const inQuery = route.method === 'GET' || route.method === 'DELETE';
  const parameters = [
    ...parametersOf(route.params, 'path', components),
    ...(route.path.endsWith('*') ? [{ name: 'path', in: 'path', required: true, schema: { type: 'string' } }] : []),
    ...(inQuery ? parametersOf(route.input, 'query', components) : []),
  ];
  const body = requestBody(route, inQuery, components);
  return {
    operationId: route.operation,
    tags: [route.room],
    summary: route.summary,
    description: words.sentence(route.guard),
    security: words.security(route.guard),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === null ? {} : { requestBody: body }),
    responses: responses(route, components),
  };
}

function parametersOf(schema: TSchema | undefined, place: 'path' | 'query', components: Components): Record<string, unknown>[] {
  const { properties = {}, required = [] } = (schema ?? {}) as Described;
  return Object.entries(properties).map(([name, declared]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...((declared as Described).description === undefined ? {} : { description: (declared as Described).description }),
    schema: plain(declared, components),
  }));
}

function requestBody<G>(route: Route<G>, inQuery: boolean, components: Components): Record<string, unknown> | null {
  if (route.body === 'stream') {
    return route.method === 'GET' ? null : { content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } };
  }
  if (route.body === 'parts') {
    const { properties } = plain(route.input ?? {}, components) as Described;
    const schema = { type: 'object', properties: { file: { type: 'string', format: 'binary' }, ...properties }, required: ['file'] };
    return { required: true, content: { 'multipart/form-data': { schema } } };
  }
  if (inQuery || route.input === undefined) return null;
  const name = `${route.operation.charAt(0).toUpperCase()}${route.operation.slice(1)}Parameters`;
  components[name] = plain(route.input, components);
  const schema = reference(name);
  return {
    content: { 'application/json': { schema }, 'application/x-www-form-urlencoded': { schema }, 'multipart/form-data': { schema } },
  };
}

function responses<G>(route: Route<G>, components: Components): Record<string, unknown> {
  const success = route.reply === undefined ? {} : { content: { 'application/json': { schema: plain(route.reply, components) } } };
  const all: Record<string, unknown> = { [route.status]: { description: 'Success', ...success } };
  for (const status of route.errors.toSorted((a, b) => a - b)) {
    all[status] = status < 400 ? { description: 'Nothing to hand out, or elsewhere.' } : { $ref: '#/components/responses/Error' };
  }
  return all;
}

/** Schemas that are referred to, by name. */
type Components = Record<string, unknown>;

function reference(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

const ownKeys = new Set(['emptyIsNull', 'commaList', 'lenient']);

/** A schema without the keys that only our own reader of parameters knows; one with a title is a component, and referred to. */
function plain(schema: unknown, components: Components): unknown {
  if (Array.isArray(schema)) return schema.map((one) => plain(one, components));
  if (typeof schema !== 'object' || schema === null) return schema;
  if (!('title' in schema) || typeof schema.title !== 'string') return bare(schema, components);
  const { title } = schema;
  if (!(title in components)) {
    // Held before its content is looked at, so that a schema which holds itself comes to an end.
    components[title] = null;
    components[title] = bare(schema, components);
  }
  return reference(title);
}

function bare(schema: object, components: Components): unknown {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !ownKeys.has(key) && !key.startsWith('~'))
      .map(([key, value]) => [key, plain(value, components)]),
  );
}
