import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gzipMembers, GzipTooLarge, NotGzip } from './gzip-members.ts';

/** A member as agents write it: with the file's name and path in the header, and what else a header may hold. */
function member(content: Buffer, name?: string, path?: string, more: { extra?: Buffer; headerCrc?: boolean } = {}): Buffer {
  const plain = gzipSync(content);
  const { extra, headerCrc = false } = more;
  const flags = (headerCrc ? 2 : 0) | (extra === undefined ? 0 : 4) | (name === undefined ? 0 : 8) | (path === undefined ? 0 : 16);
  const header = Buffer.from(plain.subarray(0, 10));
  header.writeUInt8(flags, 3);
  const length = Buffer.alloc(extra === undefined ? 0 : 2);
  if (extra !== undefined) length.writeUInt16LE(extra.length);
  const texts = [name, path].filter((text) => text !== undefined).map((text) => Buffer.from(`${text}\0`, 'latin1'));
  return Buffer.concat([header, length, extra ?? Buffer.alloc(0), ...texts, Buffer.alloc(headerCrc ? 2 : 0), plain.subarray(10)]);
}

it('gives back every file that went in, with its name', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.uint8Array({ maxLength: 3000 }), fc.stringMatching(/^[\w./ -]{1,40}$/)), { minLength: 1 }),
      (files) => {
        const whole = Buffer.concat(files.map(([content, name]) => member(Buffer.from(content), name, `dir/${name}`)));
        const found = gzipMembers(whole, 1_000_000);
        expect(found.map(({ bytes, name, path }) => [Buffer.from(bytes), name, path])).toEqual(
          files.map(([content, name]) => [Buffer.from(content), name, `dir/${name}`]),
        );
      },
    ),
    { numRuns: 50 },
  );
});

it('reads headers with all that may stand in them, and without anything', () => {
  const full = member(Buffer.from('full'), 'a.env', 'dir/a.env', { extra: Buffer.from('xyz'), headerCrc: true });
  const found = gzipMembers(Buffer.concat([full, gzipSync('bare')]), 100);
  expect(found.map(({ name, path, bytes }) => [name, path, bytes.toString()])).toEqual([
    ['a.env', 'dir/a.env', 'full'],
    [null, null, 'bare'],
  ]);
});

it('takes nothing that is damaged, cut off or no gzip file at all', () => {
  const good = member(Buffer.from('content '.repeat(20)), 'a', 'b');
  for (let length = 0; length < good.length; length += 1) {
    expect(() => gzipMembers(good.subarray(0, length), 1000)).toThrow(NotGzip);
  }
  const wrongSum = Buffer.from(good);
  wrongSum.writeUInt8(wrongSum.readUInt8(good.length - 8) ^ 1, good.length - 8);
  expect(() => gzipMembers(wrongSum, 1000)).toThrow('checksum');
  const wrongSize = Buffer.from(good);
  wrongSize.writeUInt32LE(5, good.length - 4);
  expect(() => gzipMembers(wrongSize, 1000)).toThrow('size');
  for (const other of ['PK…', 'A=1\n', '\u001f\u008b\u0008'])
    expect(() => gzipMembers(Buffer.from(other, 'latin1'), 1000)).toThrow(NotGzip);
  expect(() => gzipMembers(Buffer.concat([good, Buffer.from('garbage behind it')]), 1000)).toThrow(NotGzip);
  expect(() => gzipMembers(Buffer.concat([good, Buffer.alloc(30)]), 1000)).toThrow(NotGzip);
});

it('unpacks no more than it may, in one member or in many', () => {
  expect(gzipMembers(gzipSync(Buffer.alloc(100)), 100)).toHaveLength(1);
  expect(() => gzipMembers(gzipSync(Buffer.alloc(101)), 100)).toThrow(GzipTooLarge);
  expect(() => gzipMembers(gzipSync(Buffer.alloc(200 * 1024 * 1024)), 5120)).toThrow(GzipTooLarge);
  const many = Buffer.concat([gzipSync(Buffer.alloc(60)), gzipSync(Buffer.alloc(40)), gzipSync(Buffer.alloc(1))]);
  expect(() => gzipMembers(many, 100)).toThrow(GzipTooLarge);
  expect(gzipMembers(many, 101)).toHaveLength(3);
});

it('says of any bytes whether they are a gzip file, and nothing worse', () => {
  const good = Buffer.concat([member(Buffer.from('one'), 'a', 'b', { extra: Buffer.from('x'), headerCrc: true }), gzipSync('two')]);
  const change = fc.record({ at: fc.nat(good.length - 1), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 4 }), fc.uint8Array({ maxLength: 40 }), (changes, tail) => {
      const bytes = Buffer.concat([good, tail]);
      for (const { at, value } of changes) bytes[at] = value;
      try {
        gzipMembers(bytes, 1000);
      } catch (error) {
        expect([NotGzip, GzipTooLarge]).toContain((error as Error).constructor);
      }
    }),
    { numRuns: 2000 },
  );
});
