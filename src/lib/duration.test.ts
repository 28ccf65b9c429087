import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseDuration } from './duration.ts';

const hour = 3600;
const day = 24 * hour;

describe('parseDuration', () => {
  it.each([
    ['3600', 3600],
    ['45', 45],
    ['0', 0],
    ['42 seconds', 42],
    ['1m 3s', 63],
    ['3h 30m', 3.5 * hour],
    ['2 hrs 20 min', 2 * hour + 1200],
    ['2h20min', 2 * hour + 1200],
    ['3 mins 4 sec', 184],
    ['1 week', 7 * day],
    ['3 weeks and 2 days', 23 * day],
    ['6 mos 1 day', 181 * day],
    ['47 yrs 6 mos and 4d', 47 * 365.25 * day + 184 * day],
    ['1.5 hours', 5400],
    ['1 Day', day],
    ['1 day, 2 hours', day + 2 * hour],
    [' 10 min ', 600],
    ['1h 30', hour + 30],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    '7 elephants',
    'not-a-number',
    '',
    ' ',
    'never',
    'day',
    '-1',
    '1 day and',
    '1 day and and',
    '1 d-2',
    'h3',
    '1e5',
    '9'.repeat(30),
    'NaN',
  ])('%s is no duration', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('gives whole seconds or null for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9 dhmsandyrs.,]{0,30}$/)), (text) => {
        const seconds = parseDuration(text);
        expect(seconds === null || (Number.isSafeInteger(seconds) && seconds >= 0)).toBe(true);
      }),
    );
  });
});
