import { addChunk, newLog, type Chunk, type LiveLog } from './live-log.ts';
import type { LogRecord } from './log-record.ts';
import type { Place } from './segments.ts';

/** Rebuilds logs from records in the order of writing. */
export interface Recovery {
  visit(record: LogRecord, place: Place): void;
  /** The logs, and those among them whose later bytes are lost: they hold what stands before the gap. */
  finish(): { logs: Map<number, LiveLog>; gaps: LiveLog[] };
}

/**
 * Chunks are gathered by offset, because one that was moved stands behind those that follow it in the log; when a chunk stands in two places, which
 * a crash while moving leaves behind, the newer counts.
 */
export function startRecovery(): Recovery {
  const found = new Map<number, { chunks: Map<number, Chunk>; askedAgain: boolean; awaitsAll: boolean }>();
  return {
    visit({ kind, jobId, offset, length, crcAfter }, place) {
      if (kind === 'gone') {
        found.delete(jobId);
        return;
      }
      const log = found.get(jobId) ?? { chunks: new Map<number, Chunk>(), askedAgain: false, awaitsAll: false };
      found.set(jobId, log);
      if (kind === 'data') log.chunks.set(offset, { ...place, offset, length, logCrc: crcAfter });
      else for (const start of log.chunks.keys()) if (start >= offset) log.chunks.delete(start);
      log.askedAgain ||= kind === 'again';
      // Nothing followed: what was asked for has not come.
      log.awaitsAll = kind === 'again';
    },
    finish() {
      const logs = new Map<number, LiveLog>();
      const gaps: LiveLog[] = [];
      for (const [jobId, { chunks, askedAgain, awaitsAll }] of found) {
        const log = { ...newLog(jobId), askedAgain, awaitsAll };
        logs.set(jobId, log);
        for (const chunk of [...chunks.values()].sort((a, b) => a.offset - b.offset)) {
          if (chunk.offset === log.size) addChunk(log, chunk);
          else if (gaps.at(-1) !== log) gaps.push(log);
        }
      }
      return { logs, gaps };
    },
  };
}
