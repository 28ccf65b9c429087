import { expect, it } from 'vitest';
import { Silence } from './silence.ts';

const minute = 60_000;
const start = 1_000_000_000_000;

it('counts from the start when nobody was away', () => {
  expect(new Silence(start, null).since).toBe(start);
  expect(new Silence(start, start - minute).since).toBe(start);
});

it('gives agents as long as the server was away, within an hour', () => {
  expect(new Silence(start, start - 10 * minute).since).toBe(start + 10 * minute);
  expect(new Silence(start, start - 600 * minute).since).toBe(start + 60 * minute);
});

it('counts anew after a pause in which nothing could be seen', () => {
  const silence = new Silence(start, null);
  let now = start;
  for (let pass = 0; pass < 5; pass++) {
    silence.begin((now += minute));
    silence.end(now);
  }
  expect(silence.since).toBe(start);
  // Passes that fail do not end.
  for (let pass = 0; pass < 5; pass++) silence.begin((now += minute));
  silence.end(now);
  expect(silence.since).toBe(now + 5 * minute);
});
