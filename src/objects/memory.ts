import { Readable } from 'node:stream';
import { clip } from './byte-range.ts';
import { checkKey, checkPrefix, type ObjectStore } from './object-store.ts';
import { readSource } from './read-source.ts';

/** Objects that live as long as this process: for tests and for servers with a database in memory. */
export function createMemoryObjects(): ObjectStore {
  const objects = new Map<string, Buffer>();
  return {
    putsAtOnce: 4,
    async put(key, source, options) {
      checkKey(key);
      const reading = readSource(source, options);
      const chunks: Uint8Array[] = [];
      // Copied, because a source may use its buffer again for the next chunk.
      for await (const chunk of reading.chunks) chunks.push(Uint8Array.from(chunk));
      objects.set(key, Buffer.concat(chunks));
      return reading.measured();
    },
    async get(key, range = {}) {
      checkKey(key);
      const bytes = objects.get(key);
      if (bytes === undefined) return null;
      const { start, end } = clip(range, bytes.length);
      const part = bytes.subarray(start, end);
      return { size: bytes.length, stream: Readable.from(part.length === 0 ? [] : [part], { objectMode: false }) };
    },
    async head(key) {
      checkKey(key);
      const bytes = objects.get(key);
      return bytes === undefined ? null : { size: bytes.length };
    },
    async delete(key) {
      checkKey(key);
      objects.delete(key);
    },
    async *list(prefix) {
      checkPrefix(prefix);
      for (const [key, bytes] of objects) if (key.startsWith(prefix)) yield { key, size: bytes.length };
    },
    presign: () => Promise.resolve(null),
  };
}
