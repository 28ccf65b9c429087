import { setTimeout as pause } from 'node:timers/promises';

export interface Archiver {
  /** Takes a job's log into the queue. */
  add(jobId: number): void;
  /** Logs in the queue or under way. */
  waiting(): number;
  /** Starts no more work and waits for what is under way. */
  stop(): Promise<void>;
}

export interface ArchiverOptions {
  /** Makes the object; the signal fires when the server stops. */
  archive(jobId: number, signal: AbortSignal): Promise<void>;
  /** Hears of a failure, after which it is tried again. */
  failed(jobId: number, error: unknown): void;
  /** How many logs become objects at the same time. */
  atOnce: number;
  /** Pause after a failure; doubled with each one after another, up to a minute. */
  retryMs: number;
}

const longestPauseMs = 60_000;

/**
 * Turns finished logs into objects in the background. When the storage fails, all workers pause, because it will fail for the next log too;
 * nothing is lost meanwhile, the logs stay where they are.
 */
export function createArchiver({ archive, failed, atOnce, retryMs }: ArchiverOptions): Archiver {
  const queue = new Set<number>();
  const workers = new Set<Promise<void>>();
  const stopping = new AbortController();
  let underWay = 0;
  let pauseMs = retryMs;

  function next(): number | null {
    for (const jobId of queue) {
      queue.delete(jobId);
      return jobId;
    }
    return null;
  }

  async function work(): Promise<void> {
    for (let jobId = next(); jobId !== null && !stopping.signal.aborted; jobId = next()) {
      underWay += 1;
      try {
        await archive(jobId, stopping.signal);
        pauseMs = retryMs;
      } catch (error) {
        if (stopping.signal.aborted) return;
        failed(jobId, error);
        queue.add(jobId);
        const ms = pauseMs;
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        await pause(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      } finally {
        underWay -= 1;
      }
    }
  }

  function startWorker(): void {
    const worker = work().finally(() => {
      workers.delete(worker);
    });
    workers.add(worker);
  }

  return {
    add(jobId) {
      if (stopping.signal.aborted) return;
      queue.add(jobId);
      if (workers.size < atOnce) startWorker();
    },
    waiting: () => queue.size + underWay,
    async stop() {
      stopping.abort(new Error('the server stops'));
      await Promise.all(workers);
    },
  };
}
