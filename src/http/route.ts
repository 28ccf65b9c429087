import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';

/** What is known of a request before its parameters are checked. */
export interface Entering {
  /** Query and, once it is read, body. */
  given: Record<string, unknown>;
  params: Record<string, unknown>;
  headers: IncomingHttpHeaders;
  ip: string;
  method: string;
}

/**
 * What handlers work with. It is open: each room adds what it needs (`declare module '../http/route.ts' { interface App
 * { … } }`), and `app/connect.ts` has to supply all of it or does not compile. So a lower room gets a function of a higher one
 * without importing it.
 */
// eslint-disable-next-line typescript/no-empty-interface -- open on purpose, see above
export interface App {}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a handler knows of the request, and how it shapes the answer. */
export interface Request<P, I> {
  app: App;
  /** Path parameters. */
  params: P;
  /** Query and body parameters together, the body's winning. */
  input: I;
  /** All parameters as they came, before they were read: for answers that depend on which were given. */
  given: Record<string, unknown>;
  headers: IncomingHttpHeaders;
  /** Address of the client: of the peer, or the forwarded one where the peer is a trusted proxy. */
  ip: string;
  requestId: string;
  /** Path and query as requested. */
  url: string;
  method: string;
  raw: IncomingMessage;
  /** Whether the client still waits for the answer. */
  isConnected(): boolean;
  /** Parts of the body, for routes with `body: 'parts'`; throws a 400 when the body is not multipart. */
  parts(): AsyncIterable<Part>;
  /** Absolute base of links, without a slash at the end. */
  baseUrl: string;
  reply: ReplyControl;
}

export interface ReplyControl {
  /** Another status than the route's own. */
  status(code: number): void;
  header(name: string, value: string | number): void;
  /** The handler answers by itself on the raw response; what it returns is left alone. */
  takeOver(): ServerResponse;
}

/**
 * How bodies are read: as parameters in any encoding, left to the handler as bytes (`request.raw`), or left to it as the
 * parts of a multipart body (`request.parts()`), which it must read to the end.
 */
export type BodyKind = 'parameters' | 'stream' | 'parts';

/** A part of a multipart body, in the order of arrival. */
export type Part =
  | { type: 'field'; fieldname: string; value: unknown }
  | { type: 'file'; fieldname: string; filename: string | undefined; mimetype: string; file: Readable };

/**
 * An endpoint as one value: validation, OpenAPI, the endpoint map and the permission test read the same object.
 * `G` is the guard, which rooms above define (who may call it); the frame only hands it on.
 */
export interface Route<G = unknown> {
  operation: string;
  method: Method;
  /** Below `/api/v4`, with `:name` parameters; a route outside it starts with `//`. */
  path: string;
  summary: string;
  /** The room, which is the tag in OpenAPI. */
  room: string;
  guard: G;
  params: TSchema | undefined;
  input: TSchema | undefined;
  reply: TSchema | undefined;
  /** Success status. */
  status: number;
  errors: readonly number[];
  body: BodyKind;
  /** Bytes; over it 413. */
  bodyLimit: number;
  /**
   * Of a route that takes more than `jsonBodyLimit`: whether this request may, asked once with that much of its body. So nobody
   * without the right token makes the server hold more.
   */
  largeBody?: ((app: App, request: Entering, head: Buffer) => Promise<boolean>) | undefined;
  /** Source file below `src/`, for the endpoint map. */
  file: string;
  handle(request: Request<unknown, unknown> & Record<string, unknown>): Promise<Answer>;
}

/** JSON value, text, bytes, stream or nothing. */
export type Answer = unknown;

/** An answer with a media type of its own. */
export interface Content {
  contentType: string;
  body: string | Uint8Array | Readable;
}

const contents = new WeakSet<object>();

/** Marks `body` as an answer that is not JSON. */
export function content(contentType: string, body: Content['body']): Content {
  const value = { contentType, body };
  contents.add(value);
  return value;
}

export function isContent(value: unknown): value is Content {
  return typeof value === 'object' && value !== null && contents.has(value);
}

/** Type of the values that `S` declares, or an empty record. */
export type Values<S> = S extends TSchema ? Static<S> : Record<never, never>;

export const jsonBodyLimit = 1024 * 1024;
