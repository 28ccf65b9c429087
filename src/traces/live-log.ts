import { clip, type ByteRange } from '../objects/byte-range.ts';
import { headerSize } from './log-record.ts';
import type { Place } from './segments.ts';

/** One payload of a log. */
export interface Chunk extends Place {
  offset: number;
  length: number;
  /** CRC-32 of the log up to and with this chunk. */
  logCrc: number;
}

/** A log whose bytes stand in segments. */
export interface LiveLog {
  readonly jobId: number;
  /** In the order of their offsets, without gaps. */
  chunks: Chunk[];
  size: number;
  /** CRC-32 of all bytes. */
  crc: number;
  /** No more bytes are taken: it waits to become an object. */
  finished: boolean;
  /** Its agent was asked once to send all of it again. */
  askedAgain: boolean;
  /** And has not begun to. */
  awaitsAll: boolean;
  /** Settles when the object under way is made or has failed; null when there is none. */
  archiving: Promise<unknown> | null;
}

/** Bytes to read, wherever they stand. */
export interface Piece extends Place {
  length: number;
}

export function newLog(jobId: number): LiveLog {
  return { jobId, chunks: [], size: 0, crc: 0, finished: false, askedAgain: false, awaitsAll: false, archiving: null };
}

/** Adds a chunk at the end of the log. */
export function addChunk(log: LiveLog, chunk: Chunk): void {
  log.chunks.push(chunk);
  log.size = chunk.offset + chunk.length;
  log.crc = chunk.logCrc;
  chunk.segment.live += 1;
}

/** Bytes that a log takes in the segments. With the headers: otherwise segments full of small chunks would look half dead for ever, and be copied for ever. */
export function storedBytes(log: LiveLog): number {
  return log.size + headerSize * log.chunks.length;
}

/** Gives a chunk another place for the same bytes. */
export function moveChunk(chunk: Chunk, { segment, position }: Place): void {
  chunk.segment.live -= 1;
  chunk.segment = segment;
  chunk.position = position;
  segment.live += 1;
}

/** Takes all bytes from a log. */
export function emptyLog(log: LiveLog): void {
  for (const chunk of log.chunks) chunk.segment.live -= 1;
  log.chunks = [];
  log.size = 0;
  log.crc = 0;
}

/** Where the bytes of a range stand now; the pieces stay right when chunks move, as long as their segments are held. */
export function piecesOf(log: LiveLog, range: ByteRange = {}): Piece[] {
  const { start, end } = clip(range, log.size);
  const pieces: Piece[] = [];
  for (let index = chunkAt(log.chunks, start); index < log.chunks.length; index += 1) {
    const chunk = log.chunks[index];
    if (chunk === undefined || chunk.offset >= end) break;
    const skip = Math.max(start - chunk.offset, 0);
    const length = Math.min(chunk.length, end - chunk.offset) - skip;
    if (length > 0) pieces.push({ segment: chunk.segment, position: chunk.position + skip, length });
  }
  return pieces;
}

/** Index of the chunk that holds the byte at `offset`, by halving. */
function chunkAt(chunks: readonly Chunk[], offset: number): number {
  let [low, high] = [0, chunks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const chunk = chunks[middle];
    if (chunk !== undefined && chunk.offset + chunk.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
