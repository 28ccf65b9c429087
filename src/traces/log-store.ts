import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Logger } from '../access/app.ts';
import type { Clock } from '../lib/clock.ts';
import type { ByteRange } from '../objects/byte-range.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { createArchiver } from './archiver.ts';
import { addChunk, emptyLog, moveChunk, newLog, piecesOf, storedBytes, type LiveLog } from './live-log.ts';
import { headerSize, mostPayload, type RecordKind } from './log-record.ts';
import { readPieces } from './read-log.ts';
import { startRecovery } from './recover-logs.ts';
import { openSegments, type Segment } from './segments.ts';
import { createWatchers } from './watchers.ts';

/*
 * Logs of jobs, exact to the byte. A log is *live* from its first byte until it has become an object: its bytes stand, mixed with those of all
 * others, in append-only segments, because a file per job on the hot path halves what the server can do. `finish` puts it into the queue of the
 * archiver, which makes one object of it and takes it out of the segments.
 *
 * Segments go oldest first, so that a record which takes back others never goes before them. One without live bytes is deleted; when more than half
 * of all bytes are dead, the live ones of the oldest segment are copied to the newest, so that one job of many hours does not keep everything.
 */

/** Whether bytes were taken, and the size of the log after it. */
export type Appended = { ok: true; size: number } | { ok: false; size: number };

export interface LogStore {
  /**
   * Adds bytes at `offset`; refused, with the log unchanged, when it is not the log's size or the log is finished. What was taken survives a crash of the
   * process at once, and power loss after the next flush. Throws when the disk takes no more; what it took before is counted.
   */
  append(jobId: number, offset: number, bytes: Uint8Array): Appended;
  /** The bytes become the whole log: agents up to 11.10 send all of it with the final update (runner protocol 6.1). Refused when it is finished. */
  replace(jobId: number, bytes: Uint8Array): Appended;
  /** Notes that the agent is asked for all of a log anew (runner protocol 6.3, status 412). What is here stays until it comes. */
  askAgain(jobId: number): void;
  /** Whether `askAgain` or `truncate` was called for a live log. */
  wasAskedAgain(jobId: number): boolean;
  /** Whether the agent was asked, and has not begun to send: bytes for offset 0 are then to be taken after a `truncate`. */
  awaitsAll(jobId: number): boolean;
  /** Empties a log, so that its agent can send it anew from offset 0. Refused when it is finished. */
  truncate(jobId: number): Appended;
  /** Bytes of a live log; 0 when there is none. */
  size(jobId: number): number;
  /** IEEE CRC-32 of a live log, 0 to 2^32 - 1; 0 when there is none. */
  crc32(jobId: number): number;
  /** Size of the whole log, and the bytes of a range of it as they are now, from segments or object; null when there is no log. The stream must be read to its end or destroyed. */
  read(jobId: number, range?: ByteRange): Promise<{ size: number; stream: Readable } | null>;
  /** Makes all bytes taken so far durable; calls at the same time share one flush of the disk. Needs no `this`. */
  flush(): Promise<void>;
  /** The same before it returns: for the commit that acknowledges the end of a job. Needs no `this`. */
  flushSync(): void;
  /** No more bytes will come: the log becomes an object, soon. Call it after the commit that ends the job; may be called again. */
  finish(jobId: number): void;
  /** What is live of the log is gone, not its object: another server has the whole log. May be called again. */
  forget(jobId: number): void;
  /** Everything of the log is gone, durably, its object too. May be called again. */
  erase(jobId: number): Promise<void>;
  /** Calls `listener` with the log's new size after each change, until the function that it gives is called. */
  subscribe(jobId: number, listener: (size: number) => void): () => void;
  /** Whether somebody subscribed to the log or read it in the last 10 s. */
  watching(jobId: number): boolean;
  /** Jobs with live logs that were not finished. A start asks which of them have ended meanwhile, and calls `finish` or `erase`. */
  unfinished(): number[];
  /** Live logs and the bytes of their records, logs on their way to the objects, segments and their bytes. */
  stats(): { logs: number; bytes: number; archiving: number; segments: number; segmentBytes: number };
  /** Flushes and closes. Logs that have not become objects do so after the next start. */
  close(): Promise<void>;
}

export interface LogStoreOptions {
  /** Folder of the segments; null keeps them in memory. */
  folder: string | null;
  objects: ObjectStore;
  clock: Clock;
  log?: Pick<Logger, 'warn' | 'error'>;
  /** Size at which a segment is full. */
  segmentBytes?: number;
  /** Pause after a failure of the object store. */
  retryMs?: number;
}

const mebibyte = 1024 * 1024;
const silent = { warn: () => undefined, error: () => undefined };
const nothing = new Uint8Array();

/** Key of a job's log in the object store. 4096 neighbours share a folder, so that those which end together share its flush. */
export function traceKey(jobId: number): string {
  const shard = Math.floor(jobId / 4096) % 256;
  return `traces/${shard.toString(16).padStart(2, '0')}/${jobId}.log`;
}

/**
 * Opens the logs and rebuilds from the segments what was live. Throws the system's error when the folder cannot be used, `NewerSegment` when a newer
 * version wrote it.
 */
export async function createLogStore(options: LogStoreOptions): Promise<LogStore> {
  const { folder, objects, log: logger = silent } = options;
  const segmentBytes = options.segmentBytes ?? (folder === null ? 4 : 32) * mebibyte;
  const recovery = startRecovery();
  const segments = openSegments(folder, segmentBytes, recovery.visit, (file, at) => logger.error({ file, at }, 'live logs are damaged'));
  const { logs, gaps } = recovery.finish();
  const watchers = createWatchers(options.clock);
  const archiver = createArchiver({
    archive,
    failed: (jobId, error) => logger.warn({ jobId, err: error }, 'a finished log could not be stored yet'),
    atOnce: objects.putsAtOnce,
    retryMs: options.retryMs ?? 1000,
  });
  let liveBytes = [...logs.values()].reduce((sum, log) => sum + storedBytes(log), 0);
  let tidying: Promise<void> | null = null;
  let closing = false;

  for (const log of gaps) {
    logger.warn({ jobId: log.jobId, size: log.size }, 'the end of a live log is lost, its agent will send it again');
    mark('cut', log, log.size);
  }

  function mark(kind: RecordKind, log: LiveLog, offset: number): void {
    segments.append({ kind, jobId: log.jobId, offset, length: 0, crcBefore: log.crc, crcAfter: log.crc }, nothing);
  }

  function open(jobId: number): LiveLog {
    const log = logs.get(jobId) ?? newLog(jobId);
    logs.set(jobId, log);
    return log;
  }

  function write(log: LiveLog, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; from += mostPayload) {
      const payload = bytes.subarray(from, from + mostPayload);
      const at = { offset: log.size, length: payload.length };
      const crcAfter = crc32(payload, log.crc);
      const place = segments.append({ kind: 'data', jobId: log.jobId, ...at, crcBefore: log.crc, crcAfter }, payload);
      addChunk(log, { ...at, logCrc: crcAfter, ...place });
      liveBytes += headerSize + payload.length;
    }
  }

  function empty(log: LiveLog): void {
    liveBytes -= storedBytes(log);
    emptyLog(log);
  }

  /** Takes a log out of the segments; durable after the next flush. */
  function drop(log: LiveLog): void {
    mark('gone', log, 0);
    empty(log);
    logs.delete(log.jobId);
    tidy();
  }

  async function archive(jobId: number, signal: AbortSignal): Promise<void> {
    const log = logs.get(jobId);
    if (log === undefined) return;
    if (log.size > 0) {
      log.archiving = store(log, signal);
      try {
        await log.archiving;
      } finally {
        log.archiving = null;
      }
    }
    if (logs.get(jobId) === log) drop(log);
  }

  async function store(log: LiveLog, signal: AbortSignal): Promise<void> {
    // Kept, because the log may be erased meanwhile; then the object is deleted right after.
    const { jobId, size, crc: expected } = log;
    let crc = 0;
    async function* checked(stream: AsyncIterable<Buffer>) {
      for await (const bytes of stream) {
        crc = crc32(bytes, crc);
        yield bytes;
      }
    }
    const stream = readPieces(segments, piecesOf(log));
    try {
      const stored = await objects.put(traceKey(jobId), checked(stream), { signal });
      if (stored.size !== size) throw new Error(`the object has ${stored.size} bytes, the log ${size}`);
    } finally {
      stream.destroy();
    }
    // What the disk has made of it is better than nothing, and another try would read the same.
    if (crc !== expected) logger.error({ jobId }, 'a finished log was damaged on the disk');
  }

  function isUntidy(oldest: Segment | null): oldest is Segment {
    return oldest !== null && (oldest.live === 0 || segments.size().bytes > 2 * (liveBytes + segmentBytes));
  }

  /** Deletes what is dead, in the background and one run at a time. */
  function tidy(): void {
    if (closing || tidying !== null || !isUntidy(segments.oldest())) return;
    tidying = tidyUp().then(
      () => {
        tidying = null;
        tidy();
      },
      (error: unknown) => {
        tidying = null;
        logger.error({ err: error }, 'dead segments could not be deleted');
      },
    );
  }

  async function tidyUp(): Promise<void> {
    const oldest = segments.oldest();
    if (!isUntidy(oldest)) return;
    if (oldest.live > 0) await moveOut(oldest);
    // Copies must be durable before their originals go; and a log that has become an object must not come back in part.
    await segments.flush();
    segments.retire(oldest);
  }

  /** Copies what is live in a segment to the newest one. */
  async function moveOut(segment: Segment): Promise<void> {
    for (const log of logs.values()) {
      // By index and with a look at the log each time: appends and erasures go on meanwhile.
      for (let index = 0; index < log.chunks.length; index += 1) {
        const chunk = log.chunks[index];
        if (chunk === undefined || chunk.segment !== segment) continue;
        const { offset, length, position } = chunk;
        const crcs = { crcBefore: log.chunks[index - 1]?.logCrc ?? 0, crcAfter: chunk.logCrc };
        const payload = segment.file.readNow(position, length);
        moveChunk(chunk, segments.append({ kind: 'data', jobId: log.jobId, offset, length, ...crcs }, payload));
        await nextTurn();
      }
    }
  }

  return {
    append(jobId, offset, bytes) {
      const known = logs.get(jobId);
      const size = known?.size ?? 0;
      if (offset !== size || known?.finished === true) return { ok: false, size };
      if (bytes.length === 0) return { ok: true, size };
      const log = known ?? open(jobId);
      write(log, bytes);
      watchers.notify(jobId, log.size);
      return { ok: true, size: log.size };
    },
    replace(jobId, bytes) {
      const log = open(jobId);
      if (log.finished) return { ok: false, size: log.size };
      if (log.size > 0) mark('cut', log, 0);
      empty(log);
      write(log, bytes);
      watchers.notify(jobId, log.size);
      return { ok: true, size: log.size };
    },
    askAgain(jobId) {
      const log = open(jobId);
      if (log.finished) return;
      // Beyond the end: it takes nothing back.
      mark('again', log, log.size);
      log.askedAgain = true;
      log.awaitsAll = true;
    },
    truncate(jobId) {
      const log = open(jobId);
      if (log.finished) return { ok: false, size: log.size };
      mark('again', log, 0);
      log.askedAgain = true;
      log.awaitsAll = false;
      empty(log);
      watchers.notify(jobId, 0);
      return { ok: true, size: 0 };
    },
    wasAskedAgain: (jobId) => logs.get(jobId)?.askedAgain ?? false,
    awaitsAll: (jobId) => logs.get(jobId)?.awaitsAll ?? false,
    size: (jobId) => logs.get(jobId)?.size ?? 0,
    crc32: (jobId) => logs.get(jobId)?.crc ?? 0,
    async read(jobId, range) {
      watchers.noteRead(jobId);
      const log = logs.get(jobId);
      if (log === undefined) return objects.get(traceKey(jobId), range);
      return { size: log.size, stream: readPieces(segments, piecesOf(log, range)) };
    },
    flush: segments.flush,
    flushSync: segments.flushNow,
    finish(jobId) {
      const log = logs.get(jobId);
      if (log === undefined || log.finished) return;
      log.finished = true;
      archiver.add(jobId);
    },
    forget(jobId) {
      const log = logs.get(jobId);
      if (log !== undefined) drop(log);
    },
    async erase(jobId) {
      const log = logs.get(jobId);
      if (log !== undefined) {
        const { archiving } = log;
        drop(log);
        await segments.flush();
        await archiving?.catch(() => undefined);
      }
      await objects.delete(traceKey(jobId));
      watchers.notify(jobId, 0);
    },
    subscribe: watchers.subscribe,
    watching: watchers.watching,
    unfinished: () => [...logs.values()].filter((log) => !log.finished).map((log) => log.jobId),
    stats() {
      const { count, bytes } = segments.size();
      return { logs: logs.size, bytes: liveBytes, archiving: archiver.waiting(), segments: count, segmentBytes: bytes };
    },
    async close() {
      closing = true;
      await archiver.stop();
      await tidying;
      try {
        await segments.flush();
      } finally {
        segments.close(logs.size === 0);
      }
    },
  };
}
