import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * Whether a request is signed with `secret` by the rules of AWS Signature Version 4, in its header or its URL. The test
 * server itself looks at the key's name only.
 */
export function isSigned(request: IncomingMessage, secret: string): boolean {
  const url = new URL(request.url ?? '/', 'http://host');
  const given = fromHeader(request) ?? fromQuery(url);
  if (given === null) return false;
  const canonical = [
    request.method,
    url.pathname
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    canonicalQuery(url),
    ...given.signedHeaders.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}`),
    '',
    given.signedHeaders.join(';'),
    request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const scope = given.scope.join('/');
  const toSign = ['AWS4-HMAC-SHA256', given.time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = given.scope.reduce<string | Buffer>((key, word) => hmac(key, word), `AWS4${secret}`);
  return hmac(key, toSign).toString('hex') === given.signature;
}

interface Given {
  scope: string[];
  signedHeaders: string[];
  signature: string;
  time: string;
}

function fromHeader(request: IncomingMessage): Given | null {
  const match = /^AWS4-HMAC-SHA256 Credential=[^/]+\/(?<scope>\S+), SignedHeaders=(?<headers>\S+), Signature=(?<signature>\w+)$/.exec(
    request.headers.authorization ?? '',
  );
  return given(match?.groups?.['scope'], match?.groups?.['headers'], match?.groups?.['signature'], request.headers['x-amz-date']);
}

function fromQuery(url: URL): Given | null {
  const [, ...scope] = (url.searchParams.get('X-Amz-Credential') ?? '').split('/');
  const [headers, signature, time] = ['SignedHeaders', 'Signature', 'Date'].map((name) => url.searchParams.get(`X-Amz-${name}`));
  return given(scope.join('/'), headers, signature, time);
}

function given(scope?: string, headers?: string | null, signature?: string | null, time?: string | string[] | null): Given | null {
  if (!scope || !headers || !signature || !time) return null;
  return { scope: scope.split('/'), signedHeaders: headers.split(';'), signature, time: String(time) };
}

function canonicalQuery(url: URL): string {
  const pairs = [...url.searchParams].filter(([name]) => name !== 'X-Amz-Signature');
  return pairs
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
