import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ObjectTooLarge, type PutOptions, type Source, type StoredObject } from './object-store.ts';

/** The bytes of a source on their way into a store. */
export interface Reading {
  /** Chunks as they come; may be iterated once. */
  chunks: AsyncIterable<Uint8Array>;
  /** Size and SHA-256 of all chunks so far. */
  measured(): StoredObject;
}

/**
 * Reads a source while counting and hashing, and stops by an error at the limit or the signal, also while the source is silent.
 * The chunk that crosses the limit is not given out.
 */
export function readSource(source: Source, options: PutOptions = {}): Reading {
  const { limit = Number.POSITIVE_INFINITY, signal } = options;
  const hash = createHash('sha256');
  let size = 0;

  async function* read(): AsyncGenerator<Uint8Array> {
    signal?.throwIfAborted();
    const iterator = chunksOf(source);
    try {
      for (;;) {
        const step = await (signal === undefined ? iterator.next() : nextUnlessAborted(iterator, signal));
        if (step.done === true) return;
        size += step.value.length;
        if (size > limit) throw new ObjectTooLarge(limit);
        hash.update(step.value);
        yield step.value;
      }
    } finally {
      // Not awaited: a generator that waits for bytes that never come would not return either.
      iterator.return?.().then(undefined, () => undefined);
    }
  }

  return { chunks: read(), measured: () => ({ size, sha256: hash.copy().digest('hex') }) };
}

/** A listener per step and no `Promise.race` with one long-lived promise, which would keep every chunk in memory. */
function nextUnlessAborted(iterator: AsyncIterator<Uint8Array>, signal: AbortSignal): Promise<IteratorResult<Uint8Array>> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

function chunksOf(source: Source): AsyncIterator<Uint8Array> {
  if (source instanceof Uint8Array) return once(source);
  if (source instanceof Readable) return source.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  return source[Symbol.asyncIterator]();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
