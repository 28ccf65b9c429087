import type { Readable } from 'node:stream';
import type { ByteRange } from './byte-range.ts';

/**
 * A place for whole files under keys: artifacts and finished logs. An object is visible only when it is whole, is durable
 * when `put` resolves, and never changes but by another `put` of its key.
 */
export interface ObjectStore {
  /**
   * How many objects a background task should put at the same time. On a disk few: every new file makes all flushes beside it slower,
   * those of the database among them. Far away many, since most of the time is waiting.
   */
  readonly putsAtOnce: number;
  /**
   * Stores the bytes of `source` under `key`, in place of what was there. Memory use does not depend on the size (but for
   * the store in memory). Throws `ObjectTooLarge` when there are more than `limit` bytes, the signal's reason when `signal` fires,
   * the source's own error, or the storage's; then nothing is left behind and what was under `key` is as before.
   * A `Readable` is not destroyed in that case: who opened it drains or ends it, because a request may still have to be answered on its socket.
   */
  put(key: string, source: Source, options?: PutOptions): Promise<StoredObject>;
  /**
   * Bytes `start` (included, from 0) to `end` (excluded, or the object's end) of an object, and the size of the whole object; null when
   * there is none. A range beyond the end gives the bytes that exist. The stream must be read to its end or destroyed.
   */
  get(key: string, range?: ByteRange): Promise<{ size: number; stream: Readable } | null>;
  /** Size in bytes of an object; null when there is none. */
  head(key: string): Promise<{ size: number } | null>;
  /** Removes an object, durably; no error when there is none. */
  delete(key: string): Promise<void>;
  /** All objects whose key begins with `prefix`, in no certain order. Objects that come or go meanwhile may be missed. */
  list(prefix: string): AsyncIterable<{ key: string; size: number }>;
  /**
   * A URL from which anyone may download the object for `expiresInSeconds` (1 to 604,800), offered under `filename` when that is given;
   * null when the store has no address of its own and the server must hand the bytes out itself.
   */
  presign(key: string, options: PresignOptions): Promise<string | null>;
}

export type Source = AsyncIterable<Uint8Array> | Readable | Uint8Array;

export interface PutOptions {
  /** Most bytes that may come. */
  limit?: number;
  signal?: AbortSignal;
}

export interface StoredObject {
  /** Bytes. */
  size: number;
  /** SHA-256 of the bytes as hex. */
  sha256: string;
}

export interface PresignOptions {
  expiresInSeconds: number;
  filename?: string;
}

/** A source had more bytes than `put` was told to take. */
export class ObjectTooLarge extends Error {
  override name = 'ObjectTooLarge';
  readonly limit: number;

  constructor(limit: number) {
    super(`the object is larger than ${limit} bytes`);
    this.limit = limit;
  }
}

const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;

/**
 * Checks that a key is one to ten names joined by `/`, of letters, digits, `_`, `-` and `.`, none beginning with a dot. So a key means
 * the same on every storage, and never a place outside of it. Throws a TypeError for another.
 */
export function checkKey(key: string): void {
  const names = key.split('/');
  if (names.length <= 10 && names.every((name) => segment.test(name))) return;
  throw new TypeError(`"${key}" is no key of an object: use names of letters, digits, "_", "-" and "." joined by "/"`);
}

/** Checks a prefix of keys: a key, or the beginning of one. Throws a TypeError for what no key begins with. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? `${prefix}x` : prefix);
}
