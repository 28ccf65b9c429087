import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  read,
  readSync,
  unlinkSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { promisify } from 'node:util';

const flushFile = promisify(fdatasync);
const readFile = promisify(read);

/** The bytes of one segment, on disk or in memory. */
export interface SegmentFile {
  /** Bytes that were there when it was opened. */
  readonly size: number;
  /** Puts header and payload at `position`, at once. A failure leaves nothing at or after `position`. */
  write(header: Uint8Array, payload: Uint8Array, position: number): void;
  read(position: number, length: number): Promise<Buffer>;
  readNow(position: number, length: number): Buffer;
  /** Makes what was written durable. */
  flush(): Promise<void>;
  flushNow(): void;
  truncate(size: number): void;
  /** Takes the name away; who still reads may go on until `close`. */
  remove(): void;
  close(): void;
}

/** Opens a segment that is there, or makes a new one. */
export function openSegmentFile(path: string, mode: 'new' | 'old'): SegmentFile {
  const fd = openSync(path, mode === 'new' ? 'wx+' : 'r+', 0o600);

  function writeAll(header: Uint8Array, payload: Uint8Array, position: number): void {
    let written = writevSync(fd, payload.length === 0 ? [header] : [header, payload], position);
    if (written === header.length + payload.length) return;
    // A full disk takes a part first and refuses the rest then.
    const whole = Buffer.concat([header, payload]);
    while (written < whole.length) written += writeSync(fd, whole, written, whole.length - written, position + written);
  }

  return {
    size: fstatSync(fd).size,
    write(header, payload, position) {
      try {
        writeAll(header, payload, position);
      } catch (error) {
        ftruncateSync(fd, position);
        throw error;
      }
    },
    async read(position, length) {
      const bytes = Buffer.allocUnsafe(length);
      for (let at = 0; at < length;) {
        const { bytesRead } = await readFile(fd, bytes, at, length - at, position + at);
        at += whenThere(bytesRead, path);
      }
      return bytes;
    },
    readNow(position, length) {
      const bytes = Buffer.allocUnsafe(length);
      for (let at = 0; at < length;) at += whenThere(readSync(fd, bytes, at, length - at, position + at), path);
      return bytes;
    },
    flush: () => flushFile(fd),
    flushNow: () => fdatasyncSync(fd),
    truncate: (size) => ftruncateSync(fd, size),
    remove: () => unlinkSync(path),
    close: () => closeSync(fd),
  };
}

function whenThere(bytesRead: number, path: string): number {
  if (bytesRead === 0) throw new Error(`${path} is shorter than it was`);
  return bytesRead;
}

/** A segment that lives as long as the process, of at most `capacity` bytes. */
export function memorySegmentFile(capacity: number): SegmentFile {
  const memory = new ArrayBuffer(0, { maxByteLength: capacity });
  const readNow = (position: number, length: number) => Buffer.from(Buffer.from(memory, position, length));
  return {
    size: 0,
    write(header, payload, position) {
      memory.resize(position + header.length + payload.length);
      const bytes = new Uint8Array(memory);
      bytes.set(header, position);
      bytes.set(payload, position + header.length);
    },
    read: (position, length) => Promise.resolve(readNow(position, length)),
    readNow,
    flush: () => Promise.resolve(),
    flushNow: () => undefined,
    truncate: (size) => memory.resize(size),
    remove: () => undefined,
    close: () => undefined,
  };
}
