import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';

/** One request. Redirects are not followed: what may be repeated elsewhere is for the caller to decide. */
export interface Call {
  method: string;
  url: URL;
  headers?: Record<string, string>;
  /** A stream is sent in chunks, without a length. */
  body?: Buffer | Readable;
  /** Milliseconds without any traffic after which the call fails. */
  idleTimeout?: number;
  signal?: AbortSignal | undefined;
}

/** An answer whose body has not been read yet: it must be read or destroyed. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: IncomingMessage;
}

/** An answer with its whole body. */
export interface TextAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** There was no answer: connection refused or lost, time over, or given up. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };

/** Longer than a server holds a poll (50 s), shorter than a person waits. */
const defaultIdleTimeout = 120_000;

/** The API's address below the URL that a runner was given (runner protocol 1: base path). Throws a TypeError for other schemes. */
export function apiUrl(url: string, path: string): URL {
  const base = url.replace(/\/+$/, '').replace(/\/ci$/, '');
  const parsed = new URL(`${base}/api/v4${path}`);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw new TypeError(`${url} is no http or https address`);
  return parsed;
}

/** Sends a request and gives the answer as soon as its headers are there. Throws `NoAnswer`. */
export function send(call: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body, signal } = call;
    const length = Buffer.isBuffer(body) ? { 'Content-Length': String(body.length) } : {};
    const secure = call.url.protocol === 'https:';
    const request = (secure ? https : http).request(call.url, {
      method: call.method,
      agent: secure ? agents['https:'] : agents['http:'],
      headers: { ...call.headers, ...length },
      ...(signal ? { signal } : {}),
    });
    let answered = false;
    request.setTimeout(call.idleTimeout ?? defaultIdleTimeout, () => request.destroy(new Error('no traffic for too long')));
    request.once('response', (incoming) => {
      answered = true;
      // An early refusal of an upload: nobody reads the rest, and the connection cannot be used again.
      if (!request.writableFinished) incoming.once('end', () => request.destroy());
      resolve({ status: incoming.statusCode ?? 0, headers: plainHeaders(incoming), body: incoming });
    });
    request.on('error', (cause) => {
      if (!answered) reject(new NoAnswer(`${call.method} ${call.url.host}${call.url.pathname}: ${cause.message}`, { cause }));
    });
    if (body === undefined || Buffer.isBuffer(body)) request.end(body);
    else pipeline(body, request, () => {}); // both ends report their own errors: the request above, the body to who made it
  });
}

/** Sends a request and reads its answer up to `limit` bytes. Throws `NoAnswer`, also for a longer answer. */
export async function sendForText(call: Call, limit = 64 * 1024): Promise<TextAnswer> {
  const { status, headers, body } = await send(call);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > limit) throw new Error(`the answer has more than ${limit} bytes`);
      chunks.push(bytes);
    }
  } catch (cause) {
    throw new NoAnswer(`${call.method} ${call.url.host}${call.url.pathname}: ${(cause as Error).message}`, { cause });
  }
  return { status, headers, text: Buffer.concat(chunks).toString() };
}

/** `sendForText` with a JSON body. */
export function sendJson(method: string, url: URL, body: unknown, more: Partial<Call> & { limit?: number } = {}): Promise<TextAnswer> {
  const { limit, headers, ...rest } = more;
  const all = { 'Content-Type': 'application/json', Accept: 'application/json', ...headers };
  return sendForText({ method, url, headers: all, body: Buffer.from(JSON.stringify(body)), ...rest }, limit);
}

function plainHeaders(incoming: IncomingMessage): Record<string, string> {
  const pairs = Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** Seconds that a 429 or 503 asks to wait, as milliseconds up to five minutes; null when it does not say (runner protocol 4.4). */
export function askedDelay(headers: Record<string, string>, now: number): number | null {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  const until = Date.parse(headers['ratelimit-resettime'] ?? '');
  const wait = Number.isFinite(seconds) ? seconds * 1000 : until - now;
  return Number.isFinite(wait) && wait > 0 ? Math.min(wait, 300_000) : null;
}
