import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { joinNext } from '../lib/join-next.ts';
import { headerOf, headerSize, mostPayload, readRecord, type LogRecord } from './log-record.ts';
import { memorySegmentFile, openSegmentFile, type SegmentFile } from './segment-file.ts';

/** One append-only file, or its like in memory. */
export interface Segment {
  readonly number: number;
  readonly file: SegmentFile;
  /** Bytes of whole records. */
  end: number;
  /** Bytes that are durable. */
  flushed: number;
  /** Chunks in it that belong to a log; counted by who keeps the logs. */
  live: number;
  /** Streams that read it. */
  readers: number;
  retired: boolean;
}

/** Where the payload of a record stands. */
export interface Place {
  segment: Segment;
  position: number;
}

export interface Segments {
  /** Writes a record; it survives the end of this process when this returns, and power loss after the next flush. Throws the system's error, then nothing was written. */
  append(record: LogRecord, payload: Uint8Array): Place;
  /** Makes all records so far durable; those who ask at the same time share one flush. Needs no `this`. */
  flush(): Promise<void>;
  /** The same, before it returns. Needs no `this`. */
  flushNow(): void;
  /** The oldest segment, unless it is the one that is written to. */
  oldest(): Segment | null;
  /** Deletes a segment; who reads it may go on. Only the oldest may go: a record that takes back others must outlive them. */
  retire(segment: Segment): void;
  /** Keeps a segment readable until the function that it gives is called. */
  hold(segment: Segment): () => void;
  /** How many there are, and their bytes. */
  size(): { count: number; bytes: number };
  /** Closes all files, and deletes them first if `empty`. */
  close(empty: boolean): void;
}

export type Visit = (record: LogRecord, place: Place) => void;

/** Bytes written but not flushed that start a flush by themselves. */
const mostUnflushed = 4 * 1024 * 1024;

const namePattern = /^\d{12}\.segment$/;

/**
 * Opens the segments in `folder`, or none in memory for null, and shows every record in the order of writing to `visit`. A record that was
 * being written when the process ended is cut off; `damaged` hears of bytes that are no record elsewhere. Throws the system's error when the folder
 * cannot be used, `NewerSegment` when its content cannot be understood.
 */
export function openSegments(
  folder: string | null,
  segmentBytes: number,
  visit: Visit,
  damaged: (file: string, at: number) => void,
): Segments {
  const list: Segment[] = folder === null ? [] : readAll(folder, visit, damaged);
  let failure: unknown = null;
  let closed = false;
  let flushingBehind = false;

  function current(): Segment {
    const last = list.at(-1);
    if (last !== undefined && last.end < segmentBytes) return last;
    // Only the last segment may end in a torn record, so that one anywhere else is known to be damage.
    if (last !== undefined) flushSegmentNow(last);
    const number = (last?.number ?? 0) + 1;
    const file =
      folder === null ? memorySegmentFile(segmentBytes + headerSize + mostPayload) : openSegmentFile(pathOf(folder, number), 'new');
    if (folder !== null) flushFolder(folder);
    const segment = { number, file, end: 0, flushed: 0, live: 0, readers: 0, retired: false };
    list.push(segment);
    return segment;
  }

  function checkHealth(): void {
    if (closed) throw new Error('the log store is closed');
    if (failure !== null) throw new Error('live logs could not be flushed to the disk: check the disk and start again', { cause: failure });
  }

  /** After a failed flush the kernel may call lost pages clean, so a second try would succeed wrongly: nothing is acknowledged any more. */
  function fail(error: unknown): void {
    failure = error;
    checkHealth();
  }

  function flushSegmentNow(segment: Segment): void {
    if (segment.flushed === segment.end) return;
    try {
      segment.file.flushNow();
    } catch (error) {
      fail(error);
    }
    segment.flushed = segment.end;
  }

  async function flushSegment(segment: Segment): Promise<void> {
    const { end } = segment;
    if (segment.flushed === end) return;
    const release = hold(segment);
    await segment.file.flush().catch(fail).finally(release);
    segment.flushed = Math.max(segment.flushed, end);
  }

  const flush = joinNext(async () => {
    checkHealth();
    await Promise.all(list.map(flushSegment));
  });

  /** Keeps what a power loss can take, and what the next flush has to do, small while no job ends. */
  async function flushBehind(segment: Segment): Promise<void> {
    if (flushingBehind || segment.end - segment.flushed < mostUnflushed) return;
    flushingBehind = true;
    // A failure is kept and told to the next who writes or flushes.
    await flush().catch(() => undefined);
    flushingBehind = false;
  }

  function hold(segment: Segment): () => void {
    segment.readers += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      segment.readers -= 1;
      closeUnread(segment);
    };
  }

  function closeUnread(segment: Segment): void {
    if (segment.retired && segment.readers === 0) segment.file.close();
  }

  function retire(segment: Segment): void {
    if (segment !== list[0]) throw new Error('only the oldest segment can go');
    list.shift();
    segment.file.remove();
    if (folder !== null) flushFolder(folder);
    segment.retired = true;
    closeUnread(segment);
  }

  return {
    append(record, payload) {
      checkHealth();
      const segment = current();
      segment.file.write(headerOf(record), payload, segment.end);
      const place = { segment, position: segment.end + headerSize };
      segment.end = place.position + payload.length;
      void flushBehind(segment);
      return place;
    },
    flush,
    flushNow() {
      checkHealth();
      for (const segment of list) flushSegmentNow(segment);
    },
    oldest: () => (list.length > 1 ? (list[0] ?? null) : null),
    retire,
    hold,
    size: () => ({ count: list.length, bytes: list.reduce((sum, segment) => sum + segment.end, 0) }),
    close(empty) {
      closed = true;
      while (empty && list[0] !== undefined) retire(list[0]);
      for (const segment of list.splice(0)) {
        segment.retired = true;
        closeUnread(segment);
      }
    },
  };
}

function pathOf(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(12, '0')}.segment`);
}

function readAll(folder: string, visit: Visit, damaged: (file: string, at: number) => void): Segment[] {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder).filter((name) => namePattern.test(name));
  const numbers = names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
  return numbers.map((number, index) => {
    const file = openSegmentFile(pathOf(folder, number), 'old');
    const segment: Segment = { number, file, end: 0, flushed: 0, live: 0, readers: 0, retired: false };
    const bytes = file.readNow(0, file.size);
    for (let record = readRecord(bytes, 0); record !== null; record = readRecord(bytes, segment.end)) {
      const position = segment.end + headerSize;
      visit(record, { segment, position });
      segment.end = position + record.length;
    }
    segment.flushed = segment.end;
    if (segment.end === file.size) return segment;
    // The last one ends in what was being written; elsewhere such bytes are damage, left for people to look at.
    if (index === numbers.length - 1) file.truncate(segment.end);
    else damaged(pathOf(folder, number), segment.end);
    return segment;
  });
}

function flushFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    // Windows has no flush of folders.
    if (process.platform !== 'win32') throw error;
  } finally {
    closeSync(fd);
  }
}
