import { Agent, request as open } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';

/** An answer of the server. `body` is parsed when it is JSON, else text. */
export interface RunnerAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: unknown;
  bytes: Buffer;
}

export interface Call {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: Buffer | undefined;
  /** Send the body in chunks, without its length. */
  chunked?: boolean;
  signal?: AbortSignal | undefined;
}

const connections = new Agent({ keepAlive: true, maxFreeSockets: 2048 });

/** One call to the API below `url`, whatever the status of its answer. Fails only when there is no answer. */
export function exchange(url: string, call: Call): Promise<RunnerAnswer> {
  return new Promise((resolve, reject) => {
    const length = call.body && !call.chunked ? { 'Content-Length': String(call.body.length) } : {};
    const outgoing = open(
      `${url.replace(/\/+$/, '')}/api/v4${call.path}`,
      { method: call.method, agent: connections, headers: { ...call.headers, ...length }, ...(call.signal ? { signal: call.signal } : {}) },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, bytes, body: bodyOf(incoming.headers, bytes) });
        });
      },
    );
    outgoing.once('error', reject);
    if (call.body && call.chunked) outgoing.write(call.body);
    outgoing.end(call.chunked ? undefined : call.body);
  });
}

function bodyOf(headers: IncomingHttpHeaders, bytes: Buffer): unknown {
  if (!headers['content-type']?.includes('json') || bytes.length === 0) return bytes.toString();
  return JSON.parse(bytes.toString());
}
