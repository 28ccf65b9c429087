import { randomBytes } from 'node:crypto';

declare module '../http/route.ts' {
  interface App {
    queueValue: QueueValue;
  }
}

/**
 * The value of `X-GitLab-Last-Update`: another one whenever a job became pending or the runner was changed (runner protocol 4.3).
 * It belongs to this process, so a value that another process gave out never equals it, and an agent searches once more.
 */
export interface QueueValue {
  /** The value for a runner, whose last change was at `updatedAt` (ms). */
  of(runner: { id: number; updatedAt: number }): string;
  /** A job became pending: all values change. */
  tick(): void;
}

export function createQueueValue(): QueueValue {
  const epoch = randomBytes(8).toString('hex');
  let ticks = 0;
  return {
    of: ({ id, updatedAt }) =>
      `${epoch}${(ticks % 0x1_00_00_00_00).toString(16).padStart(8, '0')}${id.toString(16)}-${updatedAt.toString(16)}`,
    tick: () => void ticks++,
  };
}
