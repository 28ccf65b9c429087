import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startS3Server } from '../../test/harness/s3-server.ts';
import { ConfigError } from '../config.ts';
import { openObjects } from './open.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-open-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['', 'must begin with "file:/", "s3://" or "memory:"'],
  ['/var/lib/baton', 'must begin with "file:/", "s3://" or "memory:"'],
  ['https://s3.example.com/b', 'must begin with "file:/", "s3://" or "memory:"'],
  ['memory:x', 'must begin with "file:/", "s3://" or "memory:"'],
  ['file:', 'names no folder of this machine'],
  ['file://host/path', 'names no folder of this machine'],
  ['file:///', 'names no folder of this machine'],
  ['s3://bucket', 'must have the form s3://KEY:SECRET@host/bucket'],
  ['s3:/KEY:SECRET@host/bucket', 'must have the form s3://KEY:SECRET@host/bucket'],
  ['s3://KEY@host/bucket', 'must have the form s3://KEY:SECRET@host/bucket'],
  ['s3://KEY:SECRET@host', 'must have the form s3://KEY:SECRET@host/bucket'],
  ['s3://KEY:SECRET@host/', 'must have the form s3://KEY:SECRET@host/bucket'],
  ['s3://KEY:SEC/RET@host/bucket', 'percent-encoded ("/" is %2F)'],
  ['s3://KEY:SEC%ZZ@host/bucket', 'must have the form s3://KEY:SECRET@host/bucket'],
  ['s3://KEY:SECRET@host/bucket?regoin=eu', 'has an unknown option "regoin"'],
  ['s3://KEY:SECRET@host/bucket?ssl=no', 'write ssl=true or ssl=false'],
  ['s3://KEY:SECRET@host/buck%20et', 'letters, digits'],
  ['s3://KEY:SECRET@host/bucket/../x/..%2f', 'letters, digits'],
])('says what is wrong with %j', async (url, words) => {
  const error: unknown = await openObjects(url).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ConfigError);
  const { message } = error as ConfigError;
  expect(message).toContain(words);
  expect(message).toContain('BATON_OBJECTS_URL');
  expect(message).not.toMatch(/SEC\/RET|\n|undefined/);
});

it('takes paths as they are and as URLs', async () => {
  const raw = await openObjects(`file:${folder}/with space`);
  await raw.put('a', Buffer.from('x'));
  const encoded = await openObjects(`file://${folder}/with%20space`);
  expect(await encoded.head('a')).toEqual({ size: 1 });
});

it('says which folder cannot be used', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(openObjects(`file:${folder}/file`)).rejects.toThrow(
    /^the objects folder .*\/file cannot be used \(E\w+\): make it readable/,
  );
  await expect(openObjects(`file:${folder}/file/below`)).rejects.toThrow(ConfigError);
});

it.skipIf(process.getuid?.() === 0)('says so when the folder may not be written, which the superuser always may', async () => {
  const closed = join(folder, 'closed');
  await mkdir(join(closed, '.unfinished'), { recursive: true });
  await chmod(join(closed, '.unfinished'), 0o500);
  await expect(openObjects(`file:${closed}`)).rejects.toThrow('EACCES');
});

it('removes what was left unfinished for more than a day, and nothing else', async () => {
  const place = join(folder, 'stale');
  const store = await openObjects(`file:${place}`);
  await store.put('kept/object', Buffer.from('x'));
  await writeFile(join(place, '.unfinished', 'old'), 'x');
  await writeFile(join(place, '.unfinished', 'young'), 'x');
  const { mtimeMs } = await stat(join(place, '.unfinished', 'young'));
  await utimes(join(place, '.unfinished', 'old'), mtimeMs / 1000 - 90_000, mtimeMs / 1000 - 90_000);
  const again = await openObjects(`file:${place}`);
  expect(await readdir(join(place, '.unfinished'))).toEqual(['young']);
  expect(await again.head('kept/object')).toEqual({ size: 1 });
});

it('tells a missing bucket, a wrong secret and a silent host apart', async () => {
  await using server = await startS3Server();
  await expect(openObjects(server.url.replace('/artifacts', '/nothing'))).rejects.toThrow(
    /^the bucket nothing at http:\S+ does not exist: create it/,
  );
  const wrong: unknown = await openObjects(server.url.replace(':S3RVER@', ':TOPSECRET@')).catch((error: unknown) => error);
  expect(wrong).toBeInstanceOf(ConfigError);
  expect((wrong as Error).message).toMatch(
    /^the bucket artifacts at \S+ cannot be used \(S3 returned 403.*\): check host, key, secret and region/,
  );
  expect((wrong as Error).message).not.toContain('TOPSECRET');

  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  await expect(openObjects(`s3://K:S@127.0.0.1:${port}/b?ssl=false`)).rejects.toThrow('ECONNREFUSED');
});
