import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startS3Server } from '../../test/harness/s3-server.ts';
import { ObjectTooLarge, type ObjectStore } from './object-store.ts';
import { openObjects } from './open.ts';

interface Place extends AsyncDisposable {
  url: string;
}

async function folder(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'baton-objects-'));
  return { url: `file:${path}/objects`, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const nothing = { [Symbol.asyncDispose]: () => Promise.resolve() };
const places: [string, () => Promise<Place>][] = [
  ['memory', () => Promise.resolve({ url: 'memory:', ...nothing })],
  ['disk', folder],
  ['s3', startS3Server],
  [
    's3 below a prefix',
    async () => {
      const server = await startS3Server();
      return { url: server.url.replace('/artifacts', '/artifacts/baton/eu'), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    },
  ],
];
// Any bucket of a real storage: what is below this prefix is written and deleted.
const { S3_URL } = process.env;
if (S3_URL !== undefined) places.push(['s3 given by S3_URL', () => Promise.resolve({ url: S3_URL, ...nothing })]);

const mebibyte = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of buffers in use, without those that only wait to be collected. */
function bufferBytes(): number {
  // Twice, because buffers are freed by a thread beside; the second run waits for it.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

async function* repeat(chunk: Uint8Array, times: number, each: () => void = () => undefined): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < times; count += 1) {
    each();
    yield chunk;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.each(places)('objects in %s', (name, start) => {
  let place: Place;
  let store: ObjectStore;
  let folder: string;

  beforeAll(async () => {
    place = await start();
    store = await openObjects(place.url);
  });
  beforeEach(() => {
    folder = `test/${randomBytes(6).toString('hex')}`;
  });
  afterAll(async () => {
    for await (const { key } of store.list('test/')) await store.delete(key);
    await place[Symbol.asyncDispose]();
  });

  async function bytesOf(key: string, range: { start?: number; end?: number } = {}): Promise<string | null> {
    const found = await store.get(key, range);
    return found === null ? null : (await buffer(found.stream)).toString();
  }
  async function list(prefix: string): Promise<{ key: string; size: number }[]> {
    const found = [];
    for await (const object of store.list(prefix)) found.push(object);
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }
  async function keys(prefix: string): Promise<string[]> {
    return (await list(prefix)).map(({ key }) => key);
  }

  it('gives back what was put, with its size and SHA-256', async () => {
    const stored = await store.put(`${folder}/a`, Buffer.from('hello world'));
    expect(stored).toEqual({ size: 11, sha256: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9' });
    expect(await bytesOf(`${folder}/a`)).toBe('hello world');
    expect(await store.head(`${folder}/a`)).toEqual({ size: 11 });
  });

  it('takes streams, iterables and nothing at all', async () => {
    await store.put(`${folder}/stream`, Readable.from([Buffer.from('ab'), Buffer.from('cd')]));
    await store.put(`${folder}/iterable`, repeat(Buffer.from('xy'), 3));
    const empty = await store.put(`${folder}/empty`, new Uint8Array());
    expect(await bytesOf(`${folder}/stream`)).toBe('abcd');
    expect(await bytesOf(`${folder}/iterable`)).toBe('xyxyxy');
    expect(empty).toEqual({ size: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' });
    expect(await bytesOf(`${folder}/empty`)).toBe('');
    expect(await store.head(`${folder}/empty`)).toEqual({ size: 0 });
  });

  it('keeps chunks apart whose buffer the source uses again', async () => {
    async function* reusing() {
      const chunk = Buffer.alloc(3);
      for (const letter of 'abc') {
        chunk.fill(letter);
        yield await Promise.resolve(chunk);
      }
    }
    await store.put(`${folder}/a`, reusing());
    expect(await bytesOf(`${folder}/a`)).toBe('aaabbbccc');
  });

  it.each([
    [{ start: 2 }, '23456789'],
    [{ start: 2, end: 5 }, '234'],
    [{ end: 4 }, '0123'],
    [{ start: 9, end: 10 }, '9'],
    [{ start: 7, end: 99 }, '789'],
    [{ start: 10 }, ''],
    [{ start: 50, end: 60 }, ''],
    [{ start: 3, end: 3 }, ''],
    [{ start: 5, end: 2 }, ''],
  ])('reads the range %j', async (range, expected) => {
    await store.put(`${folder}/digits`, Buffer.from('0123456789'));
    const found = await store.get(`${folder}/digits`, range);
    expect(found?.size).toBe(10);
    expect((await buffer(found?.stream ?? Readable.from([]))).toString()).toBe(expected);
  });

  it('says null for what is not there, also for a range and for a folder', async () => {
    await store.put(`${folder}/sub/a`, Buffer.from('x'));
    for (const key of [`${folder}/none`, `${folder}/sub`, `${folder}/sub/a/b`]) {
      expect(await store.get(key)).toBeNull();
      expect(await store.get(key, { start: 1, end: 2 })).toBeNull();
      expect(await store.get(key, { start: 1, end: 1 })).toBeNull();
      expect(await store.head(key)).toBeNull();
    }
  });

  it('replaces and deletes, and deletes twice without complaint', async () => {
    await store.put(`${folder}/a`, Buffer.from('first'));
    await store.put(`${folder}/a`, Buffer.from('2'));
    expect(await bytesOf(`${folder}/a`)).toBe('2');
    await store.delete(`${folder}/a`);
    await store.delete(`${folder}/a`);
    await store.delete(`${folder}/never/was`);
    expect(await store.head(`${folder}/a`)).toBeNull();
    expect(await keys(folder)).toEqual([]);
  });

  it('lists by prefix', async () => {
    for (const key of ['b/c', 'a.log', 'a/x', 'a-b', 'a/10', 'a0']) await store.put(`${folder}/${key}`, Buffer.from(key));
    const inOrder = ['a-b', 'a.log', 'a/10', 'a/x', 'a0', 'b/c'].map((key) => `${folder}/${key}`);
    expect(await keys(`${folder}/`)).toEqual(inOrder);
    expect(await keys(folder)).toEqual(inOrder);
    expect(await keys(`${folder}/a`)).toEqual(inOrder.slice(0, 5));
    expect(await keys(`${folder}/a/`)).toEqual(inOrder.slice(2, 4));
    expect(await keys(`${folder}/a/1`)).toEqual([`${folder}/a/10`]);
    expect(await keys(`${folder}/zzz`)).toEqual([]);
    expect(await list(`${folder}/b`)).toEqual([{ key: `${folder}/b/c`, size: 3 }]);
  });

  it('leaves nothing behind when there are more bytes than the limit', async () => {
    await store.put(`${folder}/kept`, Buffer.from('as it was'));
    for (const key of ['kept', 'new']) {
      const source = Readable.from(repeat(Buffer.alloc(mebibyte, 'x'), 12));
      await expect(store.put(`${folder}/${key}`, source, { limit: 11 * mebibyte })).rejects.toThrow(ObjectTooLarge);
      expect(source.destroyed).toBe(false);
      source.destroy();
    }
    await expect(store.put(`${folder}/new`, Buffer.alloc(11), { limit: 10 })).rejects.toThrow('larger than 10 bytes');
    expect(await bytesOf(`${folder}/kept`)).toBe('as it was');
    expect(await keys(folder)).toEqual([`${folder}/kept`]);
    expect(await store.put(`${folder}/exact`, Buffer.alloc(10), { limit: 10 })).toMatchObject({ size: 10 });
  });

  it('passes on the error of a source and keeps what was there', async () => {
    async function* failing() {
      yield* repeat(Buffer.alloc(mebibyte), 7);
      throw new Error('the client went away');
    }
    await store.put(`${folder}/a`, Buffer.from('before'));
    await expect(store.put(`${folder}/a`, failing())).rejects.toThrow('the client went away');
    expect(await bytesOf(`${folder}/a`)).toBe('before');
  });

  it('stops at a signal, also while the source is silent', async () => {
    const controller = new AbortController();
    async function* silent() {
      yield Buffer.from('some');
      queueMicrotask(() => controller.abort(new Error('told to stop')));
      await new Promise(() => undefined);
    }
    await expect(store.put(`${folder}/a`, silent(), { signal: controller.signal })).rejects.toThrow('told to stop');
    await expect(store.put(`${folder}/b`, Buffer.from('x'), { signal: controller.signal })).rejects.toThrow('told to stop');
    expect(await keys(folder)).toEqual([]);
  });

  it('refuses keys that mean something else to a file system', async () => {
    for (const key of ['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/.', '.hidden', 'a\\b', 'a b', 'ü', 'a\0', 'x'.repeat(300)]) {
      await expect(store.put(key, Buffer.from('x'))).rejects.toThrow('is no key of an object');
      await expect(store.get(key)).rejects.toThrow(TypeError);
      await expect(store.delete(key)).rejects.toThrow(TypeError);
    }
    await expect(list('../')).rejects.toThrow(TypeError);
  });

  it('keeps one whole object when several are put under one key at once', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd'].map((letter) => store.put(`${folder}/new/same`, Buffer.alloc(100_000, letter))));
    expect(all.length).toBe(4);
    const text = (await bytesOf(`${folder}/new/same`)) ?? '';
    expect(text).toBe((text[0] ?? '').repeat(100_000));
  });

  it.skipIf(name.includes('prefix'))('streams 64 MiB up and down in little memory', async () => {
    const chunk = randomBytes(mebibyte);
    let most = 0;
    let count = 0;
    const before = bufferBytes();
    function measure(): void {
      count += 1;
      if (count % 4 !== 0) return;
      most = Math.max(most, bufferBytes() - before);
    }
    const stored = await store.put(`${folder}/large`, repeat(chunk, 64, measure));
    expect(stored.size).toBe(64 * mebibyte);
    const found = await store.get(`${folder}/large`);
    let bytes = 0;
    for await (const part of found?.stream ?? []) {
      const { length } = part as Buffer;
      const at = bytes % mebibyte;
      // Compared against the same place of the chunk, so that parts in a wrong order are seen too.
      if (at + length <= mebibyte) expect((part as Buffer).equals(chunk.subarray(at, at + length))).toBe(true);
      if (Math.floor(bytes / mebibyte) !== Math.floor((bytes + length) / mebibyte)) measure();
      bytes += length;
    }
    expect(bytes).toBe(64 * mebibyte);
    // The store in memory keeps the object itself.
    if (name !== 'memory') expect(most).toBeLessThan(17 * mebibyte);
  });
});
