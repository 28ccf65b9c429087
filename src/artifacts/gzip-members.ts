import { crc32, inflateRawSync } from 'node:zlib';

/** One file of a report: agents put each file that a pattern matched into a gzip member of its own (runner protocol 8.1). */
export interface GzipMember {
  /** The file's name and path as the agent found it; null when its header does not say. */
  name: string | null;
  path: string | null;
  bytes: Buffer;
}

/** The bytes are no gzip file, or are damaged. */
export class NotGzip extends Error {
  override name = 'NotGzip';
}

/** Unpacked there are more bytes than were asked for. */
export class GzipTooLarge extends Error {
  override name = 'GzipTooLarge';
}

const trailerBytes = 8;
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16 };

/**
 * The members of a gzip file, unpacked, in their order. Throws NotGzip when it is none or a checksum or size in it is wrong, and
 * GzipTooLarge when all members together have more than `most` bytes, of which no more are unpacked.
 */
export function gzipMembers(file: Buffer, most: number): GzipMember[] {
  const members: GzipMember[] = [];
  let left = most;
  for (let at = 0; at < file.length || at === 0;) {
    const header = headerAt(file, at);
    const { bytes, used } = inflate(file.subarray(header.end), left);
    left -= bytes.length;
    const end = header.end + used;
    if (end + trailerBytes > file.length) throw new NotGzip('a gzip file ends early');
    if (file.readUInt32LE(end) !== crc32(bytes)) throw new NotGzip('a checksum in a gzip file is wrong');
    if (file.readUInt32LE(end + 4) !== bytes.length) throw new NotGzip('a size in a gzip file is wrong');
    members.push({ name: header.name, path: header.path, bytes });
    at = end + trailerBytes;
  }
  return members;
}

function headerAt(file: Buffer, start: number): { name: string | null; path: string | null; end: number } {
  if (file.length < start + 10 || file.readUInt32BE(start) >>> 8 !== 0x1f8b08) throw new NotGzip('not a gzip file');
  const flag = file.readUInt8(start + 3);
  let at = start + 10;
  if ((flag & flags.extra) !== 0) {
    if (at + 2 > file.length) throw new NotGzip('a gzip file ends early');
    at += 2 + file.readUInt16LE(at);
  }
  const text = (): string => {
    const end = file.indexOf(0, at);
    if (end === -1) throw new NotGzip('a gzip file ends early');
    const value = file.toString('latin1', at, end);
    at = end + 1;
    return value;
  };
  const name = (flag & flags.name) === 0 ? null : text();
  const path = (flag & flags.comment) === 0 ? null : text();
  if ((flag & flags.headerCrc) !== 0) at += 2;
  return { name, path, end: at };
}

function inflate(bytes: Buffer, most: number): { bytes: Buffer; used: number } {
  try {
    // One byte at least: the option knows no zero.
    const options = { info: true, maxOutputLength: Math.max(most, 1) } as const;
    const result = inflateRawSync(bytes, options) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    if (result.buffer.length > most) throw new GzipTooLarge();
    return { bytes: result.buffer, used: result.engine.bytesWritten };
  } catch (error) {
    if (error instanceof GzipTooLarge) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new GzipTooLarge(undefined, { cause: error });
    throw new NotGzip('a gzip file is damaged', { cause: error });
  }
}
