import type { Clock } from '../lib/clock.ts';

/** How long after a read a log counts as watched. */
const watchedMs = 10_000;

/** Who looks at which log. */
export interface Watchers {
  /** Calls `listener` with the log's size whenever it changes, until the function that it gives is called. */
  subscribe(jobId: number, listener: (size: number) => void): () => void;
  notify(jobId: number, size: number): void;
  noteRead(jobId: number): void;
  /** Whether somebody subscribed, or read in the last 10 s. */
  watching(jobId: number): boolean;
}

export function createWatchers(clock: Clock): Watchers {
  const listeners = new Map<number, Set<(size: number) => void>>();
  /** In the order of reading, so that old entries stand at the front. */
  const reads = new Map<number, number>();

  function forgetOld(): void {
    for (const [jobId, at] of reads) {
      if (clock.now() - at <= watchedMs) return;
      reads.delete(jobId);
    }
  }

  return {
    subscribe(jobId, listener) {
      const own = (size: number) => listener(size);
      const all = listeners.get(jobId) ?? new Set();
      listeners.set(jobId, all.add(own));
      return () => {
        all.delete(own);
        if (all.size === 0 && listeners.get(jobId) === all) listeners.delete(jobId);
      };
    },
    notify(jobId, size) {
      for (const listener of listeners.get(jobId) ?? []) listener(size);
    },
    noteRead(jobId) {
      forgetOld();
      reads.delete(jobId);
      reads.set(jobId, clock.now());
    },
    watching(jobId) {
      const at = reads.get(jobId);
      return listeners.has(jobId) || (at !== undefined && clock.now() - at <= watchedMs);
    },
  };
}
