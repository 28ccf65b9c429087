import { HttpError } from './errors.ts';
import { TokenBuckets } from '../lib/token-buckets.ts';

declare module './route.ts' {
  interface App {
    failures: FailureLimit;
    /** Requests for a job by runner and machine; off unless a setting says otherwise. */
    polls: TokenBuckets;
  }
}

const wrongTokens = new WeakSet<HttpError>();

/** Marks the answer to a token that nobody has: too many of them from one address, and it becomes 429. */
export function forWrongToken(error: HttpError): HttpError {
  wrongTokens.add(error);
  return error;
}

/**
 * Limits how often an address may try tokens that nobody has. Only failures count, and they count after the token was looked up: a
 * caller with a good one is always served, whatever others at the same address do.
 */
export class FailureLimit {
  readonly #buckets: TokenBuckets;

  /** 0 limits nothing. */
  constructor(perMinute: number) {
    this.#buckets = new TokenBuckets(perMinute);
  }

  /** The answer to give instead of `error`, to a caller at `ip` at `now` (ms): itself, or 429. */
  answerTo(error: HttpError, ip: string, now: number): HttpError {
    if (!wrongTokens.has(error)) return error;
    const seconds = this.#buckets.take(addressKey(ip), now);
    return seconds === 0 ? error : tooManyRequests(seconds, now);
  }
}

/**
 * 429 as agents understand it: from 16.1 on they wait for the seconds of `Retry-After`, from 12.8 on until the date of
 * `RateLimit-ResetTime`, and none takes it for a wrong token (runner protocol 4.4). `now` in ms.
 */
export function tooManyRequests(seconds: number, now: number): HttpError {
  return new HttpError(
    429,
    { message: { error: 'This endpoint has been requested too many times. Try again later.' } },
    { 'Retry-After': String(seconds), 'RateLimit-ResetTime': new Date(now + seconds * 1000).toUTCString() },
  );
}

/** What counts as one address: one of IPv4, also written as IPv6, and a whole network of 64 bits of IPv6, which is one customer's. */
export function addressKey(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  if (!ip.includes(':')) return ip;
  const [head = '', tail] = (ip.split('%')[0] ?? '').toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...after];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
