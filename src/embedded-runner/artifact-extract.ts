import { createWriteStream } from 'node:fs';
import { chmod, lstat, mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { JobFailure } from './job-failure.ts';

/** What an archive may hold: more is no archive of artifacts but an attack on the disk. */
const most = { entries: 1_000_000, bytes: 64 * 1024 ** 3 };

const typeMask = 0o170000;
const linkType = 0o120000;

/** What came out of an archive. */
export interface Extracted {
  /** Files, links and folders. */
  count: number;
  /** Names that were left out: links that lead out of the folder, and parts of a `.git`. */
  skipped: string[];
}

/**
 * Unpacks a zip archive into a folder. Nothing of it is written outside of the folder: not by names with `..`, not by absolute
 * ones, and not through links, whether they come with the archive or were there before. Nor does it touch the checkout's own `.git`,
 * where it could plant programs that git runs. Throws a JobFailure for an archive that tries to get out or cannot be read, the reason of `signal`
 * when that aborts.
 */
export async function extractArchive(file: string, folder: string, signal: AbortSignal): Promise<Extracted> {
  const root = await realpath(folder);
  const zip = await open(file);
  const result: Extracted = { count: 0, skipped: [] };
  let bytes = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      const entry = await nextEntry(zip);
      if (entry === null) return result;
      bytes += entry.uncompressedSize;
      if (result.count + result.skipped.length >= most.entries || bytes > most.bytes)
        throw new JobFailure('runner_system_failure', 'the archive of a dependency is too large to unpack');
      if (await extract(zip, entry, root)) result.count += 1;
      else result.skipped.push(entry.fileName);
    }
  } finally {
    zip.close();
  }
}

/** False when the entry is left out. */
async function extract(zip: ZipFile, entry: Entry, root: string): Promise<boolean> {
  const target = inside(root, entry.fileName);
  if (target === root) return true;
  if (/^\.git$/i.test(relative(root, target).split(sep)[0] ?? '')) return false;
  const mode = (entry.externalFileAttributes >>> 16) & 0xffff;
  await makeFolder(root, dirname(target), entry.fileName);
  if (entry.fileName.endsWith('/')) {
    await makeFolder(root, target, entry.fileName);
    return true;
  }
  const content = await contentOf(zip, entry);
  if ((mode & typeMask) === linkType) {
    const link = Buffer.concat((await content.toArray()) as Buffer[]).toString();
    if (!isInside(root, resolve(dirname(target), link))) return false;
    await rm(target, { recursive: true, force: true });
    await symlink(link, target);
    return true;
  }
  await rm(target, { recursive: true, force: true });
  await pipeline(content, checked(entry), createWriteStream(target, { flags: 'wx' }));
  if ((mode & 0o777) !== 0) await chmod(target, mode & 0o777);
  return true;
}

/** Passes the content on and fails at its end when it is not what the archive's directory says. */
function checked(entry: Entry): Transform {
  let checksum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      checksum = crc32(chunk, checksum);
      done(null, chunk);
    },
    flush(done) {
      if (checksum === entry.crc32) return done();
      done(new JobFailure('runner_system_failure', `the archive of a dependency is damaged: ${entry.fileName} has a wrong checksum`));
    },
  });
}

/** The place of a name below the root; throws when it is elsewhere. */
function inside(root: string, name: string): string {
  const path = resolve(root, normalize(name));
  if (isAbsolute(name) || name.includes('\\') || name.includes('\0') || !isInside(root, path)) throw outside(name);
  return path;
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root + sep);
}

/**
 * Makes a folder and those above it, step by step: a link on the way would lead somewhere else, so there must be none. A file in the way
 * gives way.
 */
async function makeFolder(root: string, folder: string, name: string): Promise<void> {
  let path = root;
  for (const part of relative(root, folder).split(sep)) {
    if (part === '') continue;
    path = join(path, part);
    const stats = await lstat(path).catch(() => null);
    if (stats?.isDirectory() === true) continue;
    if (stats?.isSymbolicLink() === true) throw outside(name);
    if (stats !== null) await rm(path);
    await mkdir(path);
  }
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

function contentOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolvePromise, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) reject(new JobFailure('runner_system_failure', `${entry.fileName} of an archive cannot be read: ${error.message}`));
      else resolvePromise(stream);
    });
  });
}
