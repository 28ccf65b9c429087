import { createWriteStream } from 'node:fs';
import { chmod, lstat, mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { JobFailure } from './job-failure.ts';

/** What an archive may hold: more is no archive of artifacts but an attack on the disk. */
const most = { entries: 1_000_000, bytes: 64 * 1024 ** 3 };

const typeMask = 0o170000;
const linkType = 0o120000;

/**
 * Unpacks a zip archive into a folder. Nothing of it is written outside of the folder: not by names with `..`, not by absolute
 * ones, and not through links, whether they come with the archive or were there before. Throws a JobFailure for an archive that
 * tries, or that cannot be read.
 */
export async function extractArchive(file: string, folder: string): Promise<number> {
  const root = await realpath(folder);
  const zip = await open(file);
  let entries = 0;
  let bytes = 0;
  try {
    for (;;) {
      const entry = await nextEntry(zip);
      if (entry === null) return entries;
      entries++;
      bytes += entry.uncompressedSize;
      if (entries > most.entries || bytes > most.bytes)
        throw new JobFailure('runner_system_failure', 'the archive of a dependency is too large to unpack');
      await extract(zip, entry, root);
    }
  } finally {
    zip.close();
  }
}

async function extract(zip: ZipFile, entry: Entry, root: string): Promise<void> {
  const name = entry.fileName.replace(/\/+$/, '');
  const target = inside(root, name);
  if (target === root) return;
  const mode = (entry.externalFileAttributes >>> 16) & 0xffff;
  await realFolder(root, dirname(target), name);
  if (entry.fileName.endsWith('/')) {
    await replaceUnlessFolder(target);
    await mkdir(target, { recursive: true });
    return;
  }
  const content = await contentOf(zip, entry);
  await rm(target, { recursive: true, force: true });
  if ((mode & typeMask) === linkType) {
    const link = (await content.toArray()).map(String).join('');
    if (isAbsolute(link)) throw outside(`${name} -> ${link}`);
    inside(root, join(dirname(name), link));
    await symlink(link, target);
    return;
  }
  await pipeline(content, createWriteStream(target, { flags: 'wx' }));
  if ((mode & 0o777) !== 0) await chmod(target, mode & 0o777);
}

/** The place of a name below the root; throws when it is elsewhere. */
function inside(root: string, name: string): string {
  const path = resolve(root, normalize(name));
  if (isAbsolute(name) || name.includes('\\') || name.includes('\0') || (path !== root && !path.startsWith(root + sep)))
    throw outside(name);
  return path;
}

/** Makes a folder; throws when a link on the way leads out of the root. */
async function realFolder(root: string, folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new JobFailure('runner_system_failure', `${name} of an archive cannot be unpacked: ${(cause as Error).message}`);
  });
  const real = await realpath(folder);
  if (real !== root && !real.startsWith(root + sep)) throw outside(name);
}

async function replaceUnlessFolder(target: string): Promise<void> {
  const stats = await lstat(target).catch(() => null);
  if (stats !== null && !stats.isDirectory()) await rm(target);
}

function outside(name: string): JobFailure {
  return new JobFailure('runner_system_failure', `the archive of a dependency names a place outside of the project's folder: ${name}`);
}

function open(file: string): Promise<ZipFile> {
  return new Promise((resolvePromise, reject) => {
    yauzl.open(file, { lazyEntries: true, autoClose: false, strictFileNames: true }, (error, zip) => {
      if (error) reject(new JobFailure('runner_system_failure', `the archive of a dependency cannot be read: ${error.message}`));
      else resolvePromise(zip);
    });
  });
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolvePromise, reject) => {
    const done = () => {
      zip.removeAllListeners('entry').removeAllListeners('end').removeAllListeners('error');
    };
    zip.once('entry', (entry: Entry) => {
      done();
      resolvePromise(entry);
    });
    zip.once('end', () => {
      done();
      resolvePromise(null);
    });
    zip.once('error', (error: Error) => {
      done();
      reject(new JobFailure('runner_system_failure', `the archive of a dependency cannot be read: ${error.message}`));
    });
    zip.readEntry();
  });
}

function contentOf(zip: ZipFile, entry: Entry): Promise<import('node:stream').Readable> {
  return new Promise((resolvePromise, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolvePromise(stream)));
  });
}
