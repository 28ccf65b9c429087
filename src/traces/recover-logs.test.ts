import { appendFile, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestClock } from '../lib/clock.ts';
import { openObjects } from '../objects/open.ts';
import { headerOf, headerSize, NewerSegment, readRecord, type LogRecord } from './log-record.ts';
import { createLogStore, type LogStore } from './log-store.ts';

let folder: string;
const told: string[] = [];
const log = {
  warn: (_fields: unknown, text?: unknown) => void told.push(String(text)),
  error: (_fields: unknown, text?: unknown) => void told.push(String(text)),
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-recover-'));
  told.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

async function open(segmentBytes = 1_000_000): Promise<LogStore> {
  return createLogStore({ folder, objects: await openObjects('memory:'), clock: new TestClock(), log, segmentBytes });
}
async function textOf(logs: LogStore, jobId: number): Promise<string | null> {
  const found = await logs.read(jobId);
  return found === null ? null : (await buffer(found.stream)).toString();
}
async function files(): Promise<string[]> {
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

it('keeps exactly the whole records of a file that ends anywhere, and goes on from there', async () => {
  const written = await open();
  /** What every log is after so many bytes of the segment. */
  const states: { end: number; texts: Record<number, string> }[] = [{ end: 0, texts: {} }];
  const texts: Record<number, string> = {};
  function note(): void {
    states.push({ end: written.stats().segmentBytes, texts: { ...texts } });
  }
  for (const [job, text] of [
    [1, 'first line\n'],
    [2, 'another job\n'],
    [1, 'second\n'],
    [3, 'x'],
    [2, 'more\n'],
  ] as const) {
    written.append(job, written.size(job), Buffer.from(text));
    texts[job] = (texts[job] ?? '') + text;
    note();
  }
  written.truncate(1);
  texts[1] = '';
  note();
  written.append(1, 0, Buffer.from('sent again\n'));
  texts[1] = 'sent again\n';
  note();
  await written.erase(2);
  delete texts[2];
  note();
  await written.close();

  const [file = ''] = await files();
  const whole = await readFile(file);
  expect(whole.length).toBe(states.at(-1)?.end);
  for (let length = 0; length <= whole.length; length += 1) {
    await writeFile(file, whole.subarray(0, length));
    const logs = await open();
    const expected = states.findLast((state) => state.end <= length)?.texts ?? {};
    for (const job of [1, 2, 3]) {
      expect(await textOf(logs, job)).toBe(expected[job] ?? null);
      expect(logs.crc32(job)).toBe(crc32(expected[job] ?? ''));
    }
    // What is written now must not be joined to the rest of the torn record.
    expect(logs.append(3, logs.size(3), Buffer.from('after')).ok).toBe(true);
    await logs.close();
    const again = await open();
    expect(await textOf(again, 3)).toBe(`${expected[3] ?? ''}after`);
    await again.close();
  }
  expect(told).toEqual([]);
});

it('holds what stands before damage, says so, and takes the rest again', async () => {
  const written = await open(200);
  for (let count = 0; count < 12; count += 1)
    for (const job of [1, 2]) written.append(job, written.size(job), Buffer.from(`${job}-${count} of the log;`));
  const full = Array.from({ length: 12 }, (_, count) => `1-${count} of the log;`).join('');
  await written.close();
  const damaged = (await files())[2] ?? '';
  const bytes = await readFile(damaged);
  bytes.writeUInt8(bytes.readUInt8(headerSize) ^ 1, headerSize);
  await writeFile(damaged, bytes);

  const logs = await open(200);
  expect(told[0]).toBe('live logs are damaged');
  expect(told).toContain('the end of a live log is lost, its agent will send it again');
  const kept = (await textOf(logs, 1)) ?? '';
  expect(full.startsWith(kept) && kept.length > 0 && kept.length < full.length).toBe(true);
  expect(logs.crc32(1)).toBe(crc32(kept));
  // As an agent does after 416, in pieces that do not fit the old ones.
  for (let at = kept.length; at < full.length; at += 7) expect(logs.append(1, at, Buffer.from(full.slice(at, at + 7))).ok).toBe(true);
  await logs.close();
  told.length = 0;
  const again = await open(200);
  expect(told).toEqual(['live logs are damaged']);
  expect(await textOf(again, 1)).toBe(full);
  expect(again.crc32(1)).toBe(crc32(full));
  await again.close();
});

it('does not take bytes of a log for a record', async () => {
  const payload = Buffer.from('forged');
  const record: LogRecord = { kind: 'data', jobId: 7, offset: 0, length: payload.length, crcBefore: 0, crcAfter: crc32(payload) };
  const forged = Buffer.concat([headerOf(record), payload]);
  const logs = await open();
  logs.append(1, 0, Buffer.concat([forged, forged]));
  await logs.close();
  const [file = ''] = await files();
  await truncate(file, headerSize + 2 * forged.length - 1);
  const again = await open();
  expect(again.unfinished()).toEqual([]);
  expect(await textOf(again, 7)).toBeNull();
  await again.close();
});

it('ignores files that are none of its own', async () => {
  await writeFile(join(folder, 'README'), 'notes of the administrator');
  const logs = await open();
  logs.append(1, 0, Buffer.from('x'));
  await logs.close();
  expect((await files()).length).toBe(2);
});

it('refuses to start on records that it does not know', async () => {
  const logs = await open();
  logs.append(1, 0, Buffer.from('x'));
  await logs.close();
  const [file = ''] = await files();
  const record = headerOf({ kind: 'data', jobId: 1, offset: 1, length: 0, crcBefore: 0, crcAfter: 0 });
  record.writeUInt8(200, 8);
  record.writeUInt32LE(crc32(record.subarray(8)), 4);
  await appendFile(file, record);
  await expect(open()).rejects.toThrow(NewerSegment);
  await expect(open()).rejects.toThrow('start that version');
});

it('writes records that it reads back, up to the largest ids and offsets', () => {
  const payload = Buffer.from('payload');
  const record: LogRecord = {
    kind: 'gone',
    jobId: 2 ** 48 - 1,
    offset: 2 ** 48 - 1,
    length: payload.length,
    crcBefore: 2 ** 32 - 1,
    crcAfter: 0,
  };
  record.crcAfter = crc32(payload, record.crcBefore);
  const bytes = Buffer.concat([Buffer.from('..'), headerOf(record), payload]);
  expect(readRecord(bytes, 2)).toEqual(record);
  for (let at = 2; at < bytes.length; at += 1) {
    const altered = Buffer.from(bytes);
    altered.writeUInt8(altered.readUInt8(at) ^ 0x10, at);
    expect(readRecord(altered, 2)).toBeNull();
  }
  expect(readRecord(bytes.subarray(0, -1), 2)).toBeNull();
});
