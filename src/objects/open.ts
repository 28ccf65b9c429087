import { fileURLToPath } from 'node:url';
import { ConfigError } from '../config.ts';
import { openDiskObjects } from './disk.ts';
import { createMemoryObjects } from './memory.ts';
import type { ObjectStore } from './object-store.ts';
import { createS3Objects, type S3Place } from './s3.ts';

/**
 * Opens the store that a URL names: `file:/path`, `memory:`, or `s3://KEY:SECRET@host[:port]/bucket[/prefix]?region=…&ssl=false`.
 * Throws a ConfigError of one sentence, without the secret, for a URL that is none of these, a folder that cannot be written,
 * and a bucket that is not there, does not let us in or cannot be reached.
 */
export async function openObjects(url: string): Promise<ObjectStore> {
  if (url === 'memory:') return createMemoryObjects();
  if (url.startsWith('file:')) return openFolder(folderOf(url));
  if (url.startsWith('s3:')) return openBucket(readS3Url(url));
  throw new ConfigError('BATON_OBJECTS_URL must begin with "file:/", "s3://" or "memory:", such as file:/var/lib/baton/objects');
}

function folderOf(url: string): string {
  if (!url.startsWith('file://')) {
    const path = url.slice('file:'.length);
    if (path !== '') return path;
  } else if (URL.canParse(url) && new URL(url).host === '' && new URL(url).pathname !== '/') return fileURLToPath(url);
  throw new ConfigError('BATON_OBJECTS_URL names no folder of this machine: write file:/path, such as file:/var/lib/baton/objects');
}

async function openFolder(folder: string): Promise<ObjectStore> {
  try {
    return await openDiskObjects(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `the objects folder ${folder} cannot be used (${code ?? 'unknown error'}): make it readable and writable for this user, or name another with BATON_OBJECTS_URL`,
      { cause: error },
    );
  }
}

const form = 's3://KEY:SECRET@host/bucket?region=… with special characters of key and secret percent-encoded ("/" is %2F)';

function readS3Url(text: string): S3Place {
  const url = text.startsWith('s3://') && URL.canParse(text) ? new URL(text) : null;
  const [bucket = '', ...prefix] = (url?.pathname ?? '').split('/').slice(1);
  if (url === null || url.host === '' || url.username === '' || url.password === '' || bucket === '') {
    throw new ConfigError(`BATON_OBJECTS_URL must have the form ${form}`);
  }
  const names = prefix.filter((name) => name !== '');
  if (![bucket, ...names].every((name) => /^[a-z0-9][a-z0-9._-]*$/i.test(name))) {
    throw new ConfigError('BATON_OBJECTS_URL may have letters, digits, ".", "_" and "-" only in the names of bucket and prefix');
  }
  return {
    ...readS3Options(url.searchParams, url.host),
    bucket,
    prefix: names.map((name) => `${name}/`).join(''),
    accessKeyId: decode(url.username),
    secretAccessKey: decode(url.password),
  };
}

function readS3Options(options: URLSearchParams, host: string): { endpoint: string; region: string } {
  const { region = 'us-east-1', ssl = 'true', ...others } = Object.fromEntries(options);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new ConfigError(`BATON_OBJECTS_URL has an unknown option "${unknown}": it may have region and ssl`);
  if (ssl !== 'true' && ssl !== 'false') throw new ConfigError(`BATON_OBJECTS_URL has ssl=${ssl}: write ssl=true or ssl=false`);
  return { endpoint: `${ssl === 'true' ? 'https' : 'http'}://${host}`, region };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConfigError(`BATON_OBJECTS_URL must have the form ${form}`);
  }
}

async function openBucket(place: S3Place): Promise<ObjectStore> {
  const store = createS3Objects(place);
  const where = `the bucket ${place.bucket} at ${place.endpoint}`;
  const exists = await store.bucketExists().catch((error: unknown) => {
    throw new ConfigError(`${where} cannot be used (${reasonOf(error)}): check host, key, secret and region in BATON_OBJECTS_URL`, {
      cause: error,
    });
  });
  if (!exists) throw new ConfigError(`${where} does not exist: create it, or correct the name in BATON_OBJECTS_URL`);
  return store;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code ?? error.message;
}
