import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { JobLog } from './job-log.ts';
import { Masker } from './masker.ts';

function textOf(log: JobLog): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(log.slice(0, log.size));
}

describe('JobLog', () => {
  it('mends bytes that are no UTF-8, and leaves characters whole that arrive in pieces', () => {
    const log = new JobLog(new Masker([]));
    const entry = log.entry();
    for (const byte of Buffer.from('a🗝b')) entry.write(Buffer.from([byte]));
    entry.write(Buffer.from([0xff, 0x61, 0xf0, 0x9f]));
    entry.end();
    log.end();
    expect(textOf(log)).toBe('a🗝b�a�');
  });

  it('masks a secret that two writes bring', () => {
    const log = new JobLog(new Masker(['hunter2']));
    log.write('pass hun');
    log.write('ter2\nhunt');
    log.end();
    expect(textOf(log)).toBe('pass [MASKED]\nhunt');
  });

  it('stops at its limit with a notice, never inside of a character', () => {
    const log = new JobLog(new Masker([]), 10);
    log.write('12345678');
    log.write('é🗝🗝');
    log.write('more');
    log.end();
    expect(textOf(log)).toMatch(/^12345678é\n.*limit of 10 bytes.*\n$/);
  });

  it('counts bytes and keeps the checksum of all of them', () => {
    const log = new JobLog(new Masker([]));
    expect([log.size, log.checksum]).toEqual([0, 'crc32:00000000']);
    for (let index = 0; index < 5000; index += 1) log.write(`line ${index} é\n`);
    const whole = log.slice(0, log.size);
    expect(whole.length).toBe(log.size);
    expect(log.checksum).toBe(`crc32:${crc32(whole).toString(16).padStart(8, '0')}`);
    expect(log.slice(5, 9).toString()).toBe('0 é'.slice(0, 3));
  });
});
