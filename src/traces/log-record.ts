import { crc32 } from 'node:zlib';

/*
 * What segments are made of: records one after another, each a header of 40 bytes and a payload. Numbers are little-endian.
 *
 *    0  magic "BLG1"
 *    4  CRC-32 of the rest of the header
 *    8  kind, then three zero bytes
 *   12  length of the payload
 *   16  job id (48 bits), two zero bytes
 *   24  offset in the log (48 bits), two zero bytes
 *   32  CRC-32 of the log before this payload
 *   36  CRC-32 of the log with it
 *
 * The last two check the payload and tell the CRC of a log without reading all of it; so every byte is summed once only.
 */

export const headerSize = 40;
/** Largest payload of one record; longer appends are several records. */
export const mostPayload = 1024 * 1024;

const magic = 0x31_47_4c_42;

const kinds = {
  /** The payload stands at `offset` of the log. It may have stood in an older segment before. */
  data: 1,
  /** Of the log only the first `offset` bytes count. */
  cut: 2,
  /** The log begins anew because its agent was asked for all of it. */
  again: 3,
  /** Nothing before counts: the log has become an object, or was erased. */
  gone: 4,
} as const;

export type RecordKind = keyof typeof kinds;

export interface LogRecord {
  kind: RecordKind;
  jobId: number;
  offset: number;
  /** Bytes of the payload. */
  length: number;
  /** CRC-32 of the log up to the payload, and with it. */
  crcBefore: number;
  crcAfter: number;
}

/** The segment was written by a newer version: no record in it may be dropped. */
export class NewerSegment extends Error {
  override name = 'NewerSegment';
}

const kindNames = new Map(Object.entries(kinds).map(([name, code]) => [code as number, name as RecordKind]));

/** The header that stands before the payload. */
export function headerOf(record: LogRecord): Buffer {
  const header = Buffer.alloc(headerSize);
  header.writeUInt32LE(magic, 0);
  header.writeUInt8(kinds[record.kind], 8);
  header.writeUInt32LE(record.length, 12);
  header.writeUIntLE(record.jobId, 16, 6);
  header.writeUIntLE(record.offset, 24, 6);
  header.writeUInt32LE(record.crcBefore, 32);
  header.writeUInt32LE(record.crcAfter, 36);
  header.writeUInt32LE(crc32(header.subarray(8)), 4);
  return header;
}

/** The record that begins at `at`; null where none does: at the end, in a torn tail, in damaged bytes. Throws `NewerSegment`. */
export function readRecord(segment: Buffer, at: number): LogRecord | null {
  const payloadAt = at + headerSize;
  if (payloadAt > segment.length || segment.readUInt32LE(at) !== magic) return null;
  if (segment.readUInt32LE(at + 4) !== crc32(segment.subarray(at + 8, payloadAt))) return null;
  const kind = kindNames.get(segment.readUInt8(at + 8));
  if (kind === undefined) throw new NewerSegment('live logs were written by a newer version of this server: start that version');
  const record: LogRecord = {
    kind,
    length: segment.readUInt32LE(at + 12),
    jobId: segment.readUIntLE(at + 16, 6),
    offset: segment.readUIntLE(at + 24, 6),
    crcBefore: segment.readUInt32LE(at + 32),
    crcAfter: segment.readUInt32LE(at + 36),
  };
  const end = payloadAt + record.length;
  if (end > segment.length || crc32(segment.subarray(payloadAt, end), record.crcBefore) !== record.crcAfter) return null;
  return record;
}
