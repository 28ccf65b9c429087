import { expect, it } from 'vitest';
import { mostConnections, openFilesLimit, openFilesWarning } from './open-files.ts';

const limits = (value: string) => () =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${value.padEnd(20)} 1048576              files\n`;

it('reads the limit in force', () => {
  expect(openFilesLimit(limits('1024'))).toBe(1024);
  expect(openFilesLimit(limits('unlimited'))).toBe(null);
  expect(
    openFilesLimit(() => {
      throw new Error('no such file');
    }),
  ).toBe(null);
});

it('keeps files for others than agents', () => {
  expect(mostConnections(null)).toBe(null);
  expect(mostConnections(256)).toBe(128);
  expect(mostConnections(20_000)).toBe(19_488);
});

it('warns in words of a low limit', () => {
  expect(openFilesWarning(null)).toBe(null);
  expect(openFilesWarning(65_536)).toBe(null);
  expect(openFilesWarning(1024)).toMatch(/may open 1,024 files, so at most about 512 agents .* `ulimit -n 65536`/);
});
