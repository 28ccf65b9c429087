import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { S3mini, S3NetworkError, S3ServiceError, type UploadPart } from 's3mini';
import { clip, type ByteRange } from './byte-range.ts';
import { checkKey, checkPrefix, type ObjectStore, type PresignOptions } from './object-store.ts';
import { inParts } from './in-parts.ts';
import { plainFetch } from './plain-fetch.ts';
import { readSource } from './read-source.ts';

export interface S3Place {
  /** `https://host:port`, without a slash at the end. */
  endpoint: string;
  region: string;
  bucket: string;
  /** Names in front of all keys, empty or with a slash at the end. */
  prefix: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** The storage could not do what it was asked for, also after trying again. */
export class ObjectStorageError extends Error {
  override name = 'ObjectStorageError';
}

/** Size of a part of an upload: the smallest that S3 takes. One is under way while the next is collected, so an upload of any size holds 10 MiB. */
const partSize = 5 * 1024 * 1024;
const mostParts = 10_000;
const listPage = 1000;
const passingCodes = new Set<unknown>([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);
const pausesMs = [200, 800, 3200];

/**
 * Objects in a bucket of an S3-compatible storage, addressed by path (`host/bucket/key`). Up to 5 MiB go in one request, more in a multipart
 * upload, which becomes visible only when it is completed. Requests that fail by the network, with 429 or 5xx are tried up to
 * four times. Uploads that a crash leaves unfinished are invisible but take space: a lifecycle rule of the bucket removes them.
 */
export function createS3Objects(place: S3Place): ObjectStore & { bucketExists(): Promise<boolean> } {
  const { accessKeyId, secretAccessKey, region } = place;
  const endpoint = `${place.endpoint}/${place.bucket}`;
  const s3 = new S3mini({ accessKeyId, secretAccessKey, region, endpoint, fetch: plainFetch() });

  /** A client whose requests end when the signal fires; it takes none with a call. */
  function clientFor(signal: AbortSignal | undefined): S3mini {
    if (signal === undefined) return s3;
    return new S3mini({ accessKeyId, secretAccessKey, region, endpoint, fetch: plainFetch(signal) });
  }

  function nameOf(key: string): string {
    checkKey(key);
    return place.prefix + key;
  }

  async function putInParts(name: string, first: Buffer, rest: AsyncIterator<Buffer>, signal?: AbortSignal): Promise<void> {
    const client = clientFor(signal);
    const upload = await persistently(() => client.getMultipartUploadId(name), signal);
    const sent: UploadPart[] = [];
    async function send(part: Buffer): Promise<void> {
      const number = sent.length + 1;
      sent.push(await persistently(() => client.uploadPart(name, upload, part, number), signal));
    }
    try {
      let part: Buffer | null = first;
      while (part !== null) part = await nextWhile(rest, send(part));
      const done = await persistently(() => client.completeMultipartUpload(name, upload, sent), signal);
      // S3 may answer 200 first and find out later that it failed; then the body holds an error and no ETag.
      if (typeof done.etag !== 'string') throw new ObjectStorageError(`S3 did not complete the upload of ${name}: ${JSON.stringify(done)}`);
    } catch (error) {
      rest.return?.().catch(() => undefined);
      await s3.abortMultipartUpload(name, upload).catch(() => undefined);
      throw error;
    }
  }

  async function sizeOf(name: string): Promise<number | null> {
    try {
      return await persistently(() => s3.getContentLength(name));
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  return {
    putsAtOnce: 32,
    async put(key, source, options = {}) {
      const name = nameOf(key);
      const reading = readSource(source, { ...options, limit: Math.min(options.limit ?? Infinity, partSize * mostParts) });
      const parts = inParts(reading.chunks, partSize);
      const first = (await parts.next()).value ?? Buffer.alloc(0);
      if (first.length < partSize) await persistently(() => clientFor(options.signal).putObject(name, first), options.signal);
      else await putInParts(name, first, parts, options.signal);
      return reading.measured();
    },
    async get(key, range = {}) {
      const name = nameOf(key);
      if (isEmpty(range)) {
        const size = await sizeOf(name);
        return size === null ? null : { size, stream: nothing() };
      }
      try {
        const { start = 0, end } = range;
        const whole = start === 0 && end === undefined;
        const response = await persistently(() => s3.getObjectRaw(name, whole, start, end));
        return { size: wholeSize(response), stream: response.body === null ? nothing() : Readable.fromWeb(response.body) };
      } catch (error) {
        if (statusOf(error) === 404 && !isMissingBucket(error)) return null;
        if (statusOf(error) !== 416) throw error;
        const size = await sizeOf(name);
        return size === null ? null : { size, stream: nothing() };
      }
    },
    async head(key) {
      const size = await sizeOf(nameOf(key));
      return size === null ? null : { size };
    },
    async delete(key) {
      const name = nameOf(key);
      await persistently(() => s3.deleteObject(name)).catch((error: unknown) => {
        if (statusOf(error) !== 404 || isMissingBucket(error)) throw error;
      });
    },
    async *list(prefix) {
      checkPrefix(prefix);
      let token: string | undefined;
      do {
        const page = await persistently(() => s3.listObjectsPaged('/', place.prefix + prefix, listPage, token));
        if (!page) throw new ObjectStorageError(`the bucket ${place.bucket} is gone`);
        for (const { Key, Size } of page.objects ?? []) yield { key: Key.slice(place.prefix.length), size: Size };
        token = page.nextContinuationToken;
      } while (token !== undefined);
    },
    presign(key, { expiresInSeconds, filename }: PresignOptions) {
      const query = filename === undefined ? {} : { 'response-content-disposition': dispositionOf(filename) };
      return s3.getPresignedUrl('GET', nameOf(key), expiresInSeconds, query);
    },
    async bucketExists() {
      // No key begins so: an empty list is all that is asked for.
      return (await s3.listObjectsPaged('/', `${place.prefix}.`, 1)) !== null;
    },
  };
}

/** Collects the next part while one is sent; null at the end. A failure of either is a failure of both. */
async function nextWhile(parts: AsyncIterator<Buffer>, sending: Promise<void>): Promise<Buffer | null> {
  try {
    const [next] = await Promise.all([parts.next(), sending]);
    return next.done === true ? null : next.value;
  } catch (error) {
    // A part that arrives after the upload was given up would stay in the bucket for ever.
    await sending.catch(() => undefined);
    throw error;
  }
}

/** Tries again what may succeed a moment later. */
async function persistently<T>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (const ms of pausesMs) {
    signal?.throwIfAborted();
    try {
      return await request();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(ms, undefined, signal === undefined ? {} : { signal });
    }
  }
  signal?.throwIfAborted();
  return request();
}

function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== null) return status === 429 || status >= 500;
  return error instanceof S3NetworkError || passingCodes.has(codeOf(error) ?? codeOf((error as Error).cause));
}

/** HTTP status of a refusal by the storage, which the client sometimes wraps once; null for other errors. */
function statusOf(error: unknown): number | null {
  if (error instanceof S3ServiceError) return error.status;
  return error instanceof Error && error.cause instanceof S3ServiceError ? error.cause.status : null;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function isMissingBucket(error: unknown): boolean {
  return error instanceof S3ServiceError && (error.body ?? '').includes('NoSuchBucket');
}

/** True for a range that holds no byte whatever the size, which HTTP has no words for. */
function isEmpty(range: ByteRange): boolean {
  const { start, end } = clip(range, Number.MAX_SAFE_INTEGER);
  return start === end;
}

function wholeSize(response: Response): number {
  const total = /\/(?<total>\d+)$/.exec(response.headers.get('content-range') ?? '')?.groups?.['total'];
  return Number(total ?? response.headers.get('content-length') ?? 0);
}

function nothing(): Readable {
  return Readable.from([], { objectMode: false });
}

/**
 * Plain ASCII only, and none of `!'()*`: the client leaves these five as they are where S3 signs them encoded, so that
 * a URL with one of them (`filename*=` has two) would be refused.
 */
function dispositionOf(filename: string): string {
  return `attachment; filename="${filename.replaceAll(/[^\w.,;=@+ -]/g, '_')}"`;
}
