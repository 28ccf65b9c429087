import { expect, it } from 'vitest';
import { beginsWithVersion } from './version-store.ts';

it.each([
  ['16.1.3', '16', true],
  ['16.1.3', '16.', true],
  ['16.1.3', '16.1', true],
  ['16.1.3', '16.1.3', true],
  ['16.1.3', '16.1.3.', false],
  ['16.1.3-rc1', '16.1.3', true],
  ['16.1.3~beta.5.gab', '16.1.3~', true],
  // A number is not cut in two.
  ['16.10.0', '16.1', false],
  ['16.10.0', '16.1.', false],
  ['16.1.24', '16.1.2', false],
  ['16.1.3', '1', false],
  ['16.1.3', '6', false],
  ['15.1.3', '16', false],
  ['', '1', false],
])('version %s begins with %s: %s', (version, prefix, expected) => {
  expect(beginsWithVersion(version, prefix)).toBe(expected);
});
