import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until `condition` gives something truthy, and gives that back. Fails after `limit` ms with `what`: tests wait for
 * what they want to see, never for a fixed time.
 */
export async function until<T>(condition: () => T | Promise<T>, what = 'a condition', limit = 10_000): Promise<NonNullable<T>> {
  const end = Date.now() + limit;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${limit} ms in vain for ${what}`);
    await pause(5);
  }
}
