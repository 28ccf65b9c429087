import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Any page may call the API, without credentials of the browser (runners API D36). */
export function allowAnyOrigin(reply: FastifyReply): void {
  reply.header('Access-Control-Allow-Origin', '*');
  reply.header('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
  reply.header('Access-Control-Allow-Headers', 'Authorization, Content-Type, PRIVATE-TOKEN, JOB-TOKEN');
  reply.header('Access-Control-Expose-Headers', 'Link, X-Total, X-Total-Pages, X-Page, X-Per-Page, X-Next-Page, X-Prev-Page');
}

/**
 * Answers to GET carry a weak `ETag`; a request that names it in `If-None-Match` gets 304 without a body (runners API
 * D12). Streams have none.
 */
export async function answerConditionally(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if ((request.method !== 'GET' && request.method !== 'HEAD') || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
  const etag = `W/"${hash('sha1', payload, 'hex')}"`;
  reply.header('ETag', etag);
  reply.header('Cache-Control', 'max-age=0, private, must-revalidate');
  if (!names(request.headers['if-none-match'], etag)) return payload;
  reply.code(304);
  reply.removeHeader('Content-Type');
  return '';
}

function names(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => {
    const given = one.trim();
    return given === '*' || given === etag || `W/${given}` === etag;
  });
}

/**
 * Whether a conditional request may go on: false when `If-Unmodified-Since` names a time before `changedAt`
 * (ms; compared in whole seconds). An absent or unreadable header is no condition (runners API A.8).
 */
export function unmodifiedSince(header: string | string[] | undefined, changedAt: number): boolean {
  if (typeof header !== 'string') return true;
  const time = Date.parse(header);
  return Number.isNaN(time) || Math.floor(changedAt / 1000) * 1000 <= time;
}
