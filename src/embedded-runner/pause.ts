import { setTimeout as timer } from 'node:timers/promises';

/** Waits `ms` milliseconds, or until `signal` aborts; it never fails. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await timer(ms, undefined, signal ? { signal } : {}).catch(() => {});
}

/** Doubles from `first` with each of `attempt` (0, 1, 2 …) up to `most`, in milliseconds. */
export function backOff(attempt: number, first: number, most: number): number {
  return Math.min(most, first * 2 ** Math.min(attempt, 30));
}
