import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../test/harness/until.ts';
import { TestClock } from '../lib/clock.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { openObjects } from '../objects/open.ts';
import { createLogStore, traceKey, type LogStore } from './log-store.ts';

let folder: string;
let objects: ObjectStore;
let logs: LogStore;
const warnings: string[] = [];
const log = {
  warn: (_fields: unknown, text?: unknown) => void warnings.push(String(text)),
  error: (_fields: unknown, text?: unknown) => void warnings.push(String(text)),
};

async function open(): Promise<void> {
  logs = await createLogStore({ folder: join(folder, 'logs'), objects, clock: new TestClock(), log, segmentBytes: 2000, retryMs: 20 });
}
async function reopen(): Promise<void> {
  await logs.close();
  await open();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-logs-'));
  objects = await openObjects(`file:${folder}/objects`);
  warnings.length = 0;
  await open();
});
afterEach(async () => {
  await logs.close();
  await rm(folder, { recursive: true });
});

async function textIn(found: { stream: Readable } | null): Promise<string | null> {
  return found === null ? null : (await buffer(found.stream)).toString();
}
async function textOf(jobId: number, range = {}): Promise<string | null> {
  return textIn(await logs.read(jobId, range));
}
function append(jobId: number, text: string) {
  return logs.append(jobId, logs.size(jobId), Buffer.from(text));
}
function archived(): Promise<unknown> {
  return until(() => logs.stats().archiving === 0, 'all finished logs to be objects');
}

describe('appending', () => {
  it('takes bytes at the exact end only', async () => {
    expect(logs.append(1, 0, Buffer.from('abc'))).toEqual({ ok: true, size: 3 });
    expect(logs.append(1, 0, Buffer.from('abc'))).toEqual({ ok: false, size: 3 });
    expect(logs.append(1, 2, Buffer.from('x'))).toEqual({ ok: false, size: 3 });
    expect(logs.append(1, 4, Buffer.from('x'))).toEqual({ ok: false, size: 3 });
    expect(logs.append(1, 3, Buffer.alloc(0))).toEqual({ ok: true, size: 3 });
    expect(logs.append(2, 5, Buffer.from('x'))).toEqual({ ok: false, size: 0 });
    expect(logs.append(1, 3, Buffer.from('de'))).toEqual({ ok: true, size: 5 });
    expect(await textOf(1)).toBe('abcde');
    expect(logs.crc32(1)).toBe(crc32('abcde'));
    expect(await textOf(2)).toBeNull();
  });

  it('keeps the bytes of several jobs apart and in order', async () => {
    for (let round = 0; round < 50; round += 1) for (const job of [1, 2, 3]) append(job, `${job}:${round};`);
    for (const job of [1, 2, 3]) expect(await textOf(job)).toBe(Array.from({ length: 50 }, (_, round) => `${job}:${round};`).join(''));
  });

  it('reads ranges', async () => {
    for (const text of ['0123', '45', '6', '789']) append(1, text);
    expect(await textOf(1, { start: 2, end: 8 })).toBe('234567');
    expect(await textOf(1, { start: 4, end: 5 })).toBe('4');
    expect(await textOf(1, { start: 9 })).toBe('9');
    expect(await textOf(1, { start: 10, end: 20 })).toBe('');
    const part = await logs.read(1, { start: 6, end: 7 });
    expect([part?.size, await textIn(part)]).toEqual([10, '6']);
  });

  it('takes appends of many mebibytes', async () => {
    const large = Buffer.alloc(3_500_000, 'line of a log\n');
    expect(logs.append(1, 0, large)).toEqual({ ok: true, size: large.length });
    await reopen();
    expect(logs.crc32(1)).toBe(crc32(large));
    expect((await textOf(1)) === large.toString()).toBe(true);
  });

  it('reads what was there when reading began, whatever comes later', async () => {
    append(1, 'first');
    const reading = await logs.read(1);
    append(1, 'second');
    logs.replace(1, Buffer.from('third'));
    expect(await textIn(reading)).toBe('first');
    expect(await textOf(1)).toBe('third');
  });
});

describe('replacing', () => {
  it('makes the bytes the whole log', async () => {
    append(1, 'partly');
    expect(logs.replace(1, Buffer.from('whole log'))).toEqual({ ok: true, size: 9 });
    expect(logs.crc32(1)).toBe(crc32('whole log'));
    expect(logs.append(1, 9, Buffer.from('!'))).toEqual({ ok: true, size: 10 });
    expect(logs.replace(2, Buffer.from('new'))).toEqual({ ok: true, size: 3 });
    await reopen();
    expect(await textOf(1)).toBe('whole log!');
    expect(await textOf(2)).toBe('new');
  });

  it('keeps a log whose agent was asked for all of it, until that begins', async () => {
    append(1, 'before');
    logs.askAgain(1);
    const state = () => [logs.wasAskedAgain(1), logs.awaitsAll(1), logs.size(1)];
    expect(state()).toEqual([true, true, 6]);
    await reopen();
    expect(state()).toEqual([true, true, 6]);
    logs.truncate(1);
    logs.append(1, 0, Buffer.from('anew'));
    expect(state()).toEqual([true, false, 4]);
    await reopen();
    expect(state()).toEqual([true, false, 4]);
    logs.finish(1);
    logs.askAgain(1);
    expect(logs.awaitsAll(1)).toBe(false);
  });

  it('empties a log once more for an agent that sends it again, and remembers that', async () => {
    append(1, 'wrong');
    expect(logs.wasAskedAgain(1)).toBe(false);
    expect(logs.truncate(1)).toEqual({ ok: true, size: 0 });
    expect(logs.truncate(2)).toEqual({ ok: true, size: 0 });
    expect([logs.wasAskedAgain(1), logs.size(1), logs.crc32(1)]).toEqual([true, 0, 0]);
    append(1, 'right');
    await reopen();
    expect([logs.wasAskedAgain(1), logs.wasAskedAgain(2), logs.wasAskedAgain(3)]).toEqual([true, true, false]);
    expect(await textOf(1)).toBe('right');
  });
});

describe('finished logs', () => {
  it('become objects and leave the segments', async () => {
    append(1, 'a whole log');
    append(2, 'still running');
    logs.finish(1);
    logs.finish(1);
    expect(logs.append(1, 11, Buffer.from('late'))).toEqual({ ok: false, size: 11 });
    expect(logs.replace(1, Buffer.from('late')).ok).toBe(false);
    expect(logs.truncate(1).ok).toBe(false);
    expect(await textOf(1)).toBe('a whole log');
    await archived();
    expect(await objects.head(traceKey(1))).toEqual({ size: 11 });
    expect(await textOf(1)).toBe('a whole log');
    expect(await textOf(1, { start: 2, end: 7 })).toBe('whole');
    expect(logs.unfinished()).toEqual([2]);
    await reopen();
    expect(logs.unfinished()).toEqual([2]);
    const found = await logs.read(1);
    expect([found?.size, await textIn(found)]).toEqual([11, 'a whole log']);
  });

  it('may be finished again after a start that comes before the object', async () => {
    append(1, 'a log');
    logs.finish(1);
    await reopen();
    if (logs.size(1) > 0) expect(logs.unfinished()).toEqual([1]);
    logs.finish(1);
    await archived();
    expect(await textOf(1)).toBe('a log');
    expect(logs.stats().logs).toBe(0);
  });

  it('leave nothing when they are empty or unknown', async () => {
    logs.truncate(1);
    logs.finish(1);
    logs.finish(99);
    await archived();
    expect(logs.stats().logs).toBe(0);
    expect(await textOf(1)).toBeNull();
  });

  it('wait while the object store fails', async () => {
    await writeFile(join(folder, 'objects', 'traces'), 'a file where a folder is needed');
    append(1, 'patience');
    logs.finish(1);
    await until(() => warnings.length >= 2, 'two tries');
    expect(warnings[0]).toBe('a finished log could not be stored yet');
    expect(await textOf(1)).toBe('patience');
    await rm(join(folder, 'objects', 'traces'));
    await archived();
    expect(await objects.head(traceKey(1))).toEqual({ size: 8 });
  });

  it('can be read to the end by who began before they became objects', async () => {
    const whole = 'x'.repeat(5000);
    append(1, whole);
    append(2, 'y'.repeat(5000));
    const reading = await logs.read(1);
    logs.finish(1);
    logs.finish(2);
    await archived();
    await until(() => logs.stats().segments <= 1, 'the segments to be deleted');
    expect(await textIn(reading)).toBe(whole);
  });
});

describe('segments', () => {
  const segmentFiles = async () => (await readdir(join(folder, 'logs'))).length;

  it('go when all logs in them are objects or erased', async () => {
    for (let job = 1; job <= 40; job += 1) append(job, 'z'.repeat(300));
    expect(await segmentFiles()).toBeGreaterThan(5);
    for (let job = 1; job <= 40; job += 1) {
      if (job % 2 === 0) logs.finish(job);
      else await logs.erase(job);
    }
    await archived();
    await until(async () => (await segmentFiles()) === 1, 'one segment');
    await logs.close();
    expect(await segmentFiles()).toBe(0);
    await open();
  });

  it('do not pile up behind a job that runs for ever', async () => {
    let expected = '';
    for (let job = 2; job < 200; job += 1) {
      append(1, `${job},`);
      expected += `${job},`;
      append(job, 'm'.repeat(200));
      logs.finish(job);
      if (job % 20 === 0) await archived();
    }
    await archived();
    const bound = () => logs.stats().segmentBytes <= 2 * (logs.stats().bytes + 2000) + 2000;
    await until(bound, 'dead segments to be deleted');
    expect(await textOf(1)).toBe(expected);
    await reopen();
    expect(logs.crc32(1)).toBe(crc32(expected));
    expect(await textOf(1)).toBe(expected);
    append(1, 'end');
    expect(await textOf(1)).toBe(`${expected}end`);
  });
});

describe('erasing', () => {
  it('leaves nothing, in whatever state the log is, also after a start', async () => {
    for (const job of [1, 2, 3, 4]) append(job, `log of ${job}`);
    logs.finish(2);
    await archived();
    logs.finish(3);
    for (const job of [1, 2, 3, 77]) await logs.erase(job);
    await logs.erase(1);
    for (const job of [1, 2, 3]) {
      expect(await textOf(job)).toBeNull();
      expect(await objects.head(traceKey(job))).toBeNull();
    }
    await reopen();
    expect(logs.unfinished()).toEqual([4]);
    for (const job of [1, 2, 3]) expect(await textOf(job)).toBeNull();
    expect(await textOf(4)).toBe('log of 4');
  });
});

describe('watching', () => {
  it('counts subscribers, and readers for ten seconds', async () => {
    const clock = new TestClock();
    const memory = await createLogStore({ folder: null, objects: await openObjects('memory:'), clock });
    expect(memory.watching(1)).toBe(false);
    await memory.read(1);
    expect([memory.watching(1), memory.watching(2)]).toEqual([true, false]);
    clock.advance(10_000);
    expect(memory.watching(1)).toBe(true);
    clock.advance(1);
    expect(memory.watching(1)).toBe(false);

    const sizes: number[] = [];
    const [stop, stopOther] = [memory.subscribe(1, (size) => sizes.push(size)), memory.subscribe(1, () => undefined)];
    memory.append(1, 0, Buffer.from('abc'));
    memory.append(1, 0, Buffer.from('refused'));
    memory.append(2, 0, Buffer.from('other'));
    memory.append(1, 3, Buffer.from('de'));
    memory.truncate(1);
    memory.replace(1, Buffer.from('whole'));
    expect(sizes).toEqual([3, 5, 0, 5]);
    stop();
    stop();
    memory.append(1, 5, Buffer.from('x'));
    expect(sizes.length).toBe(4);
    expect(memory.watching(1)).toBe(true);
    stopOther();
    expect(memory.watching(1)).toBe(false);
    await memory.close();
  });
});

it('refuses everything after it was closed', async () => {
  append(1, 'x');
  await logs.close();
  expect(() => append(1, 'y')).toThrow('the log store is closed');
  await expect(logs.flush()).rejects.toThrow('the log store is closed');
  expect(() => logs.flushSync()).toThrow('the log store is closed');
  await open();
});

it('says when its folder cannot be used', async () => {
  await mkdir(join(folder, 'x'));
  await writeFile(join(folder, 'x', 'file'), '');
  const opening = createLogStore({ folder: join(folder, 'x', 'file'), objects, clock: new TestClock() });
  await expect(opening).rejects.toThrow(/EEXIST|ENOTDIR/);
});
