import { randomBytes } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { joinNext } from '../lib/join-next.ts';
import { clip } from './byte-range.ts';
import { checkKey, checkPrefix, type ObjectStore } from './object-store.ts';
import { readSource } from './read-source.ts';

/** No key begins with a dot, so this folder is never an object's. */
const unfinished = '.unfinished';
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Objects as files below `folder`, each under its key. Bytes go to a file of another name first, which is flushed and renamed when it is whole;
 * then the folder is flushed too, once for all who put into it at the same time. Creates the folder, and removes what earlier
 * processes left unfinished for more than a day. Throws the system's error when the folder cannot be written.
 */
export async function openDiskObjects(folder: string): Promise<ObjectStore> {
  await mkdir(join(folder, unfinished), { recursive: true });
  await removeStale(join(folder, unfinished));
  const flushes = new Map<string, { flush: () => Promise<void>; users: number }>();
  const making = new Set<Promise<void>>();

  function pathOf(key: string): string {
    checkKey(key);
    return join(folder, key);
  }

  async function flush(path: string): Promise<void> {
    const shared = flushes.get(path) ?? { flush: joinNext(() => flushFolder(path)), users: 0 };
    flushes.set(path, shared);
    shared.users += 1;
    try {
      await shared.flush();
    } finally {
      shared.users -= 1;
      if (shared.users === 0) flushes.delete(path);
    }
  }

  /** Makes a folder and those above it, and flushes all that got an entry by it. */
  async function makeFolder(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) await flush(dirname(made));
  }

  async function renameInto(temporary: string, path: string): Promise<void> {
    try {
      return await rename(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const made = makeFolder(dirname(path));
    making.add(made);
    await made.finally(() => making.delete(made));
    await rename(temporary, path);
  }

  async function putFile(temporary: string, path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const file = await open(temporary, 'wx', 0o600);
    try {
      for await (const chunk of chunks) await writeAll(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameInto(temporary, path);
    // Also for folders that somebody else has made just now and not yet flushed.
    await Promise.all([flush(dirname(path)), ...making]);
  }

  async function* walk(path: string, prefix: string, wanted: string): AsyncGenerator<{ key: string; size: number }> {
    for (const entry of await entriesOf(path)) {
      const key = prefix + entry.name;
      if (entry.isDirectory() && (`${key}/`.startsWith(wanted) || wanted.startsWith(`${key}/`))) {
        yield* walk(join(path, entry.name), `${key}/`, wanted);
      }
      if (!entry.isFile() || !key.startsWith(wanted)) continue;
      const size = await sizeOf(join(path, entry.name));
      if (size !== null) yield { key, size };
    }
  }

  return {
    // Measured beside 4,000 ends of jobs a second: 4 cost 7 % of them, 8 cost 21 %, 16 cost 40 %.
    putsAtOnce: 4,
    async put(key, source, options) {
      const path = pathOf(key);
      const reading = readSource(source, options);
      const temporary = join(folder, unfinished, randomBytes(12).toString('hex'));
      try {
        await putFile(temporary, path, reading.chunks);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      return reading.measured();
    },
    async get(key, range = {}) {
      const found = await openIfThere(pathOf(key));
      if (found === null) return null;
      const { file, size } = found;
      const { start, end } = clip(range, size);
      if (start < end) return { size, stream: file.createReadStream({ start, end: end - 1 }) };
      await file.close();
      return { size, stream: Readable.from([], { objectMode: false }) };
    },
    async head(key) {
      const size = await sizeOf(pathOf(key));
      return size === null ? null : { size };
    },
    async delete(key) {
      const path = pathOf(key);
      try {
        await rm(path);
      } catch (error) {
        if (isAbsence(error)) return;
        throw error;
      }
      await flush(dirname(path));
    },
    list(prefix) {
      checkPrefix(prefix);
      return walk(folder, '', prefix);
    },
    presign: () => Promise.resolve(null),
  };
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Windows has no flush of folders; there the rename itself is as durable as it gets.
    if (process.platform !== 'win32') throw error;
  } finally {
    await handle.close();
  }
}

async function entriesOf(path: string): Promise<Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (isAbsence(error)) return [];
    throw error;
  });
  return entries.filter((entry) => !entry.name.startsWith('.'));
}

function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function openIfThere(path: string): Promise<{ file: FileHandle; size: number } | null> {
  try {
    const file = await open(path, 'r');
    const found = await file.stat();
    if (found.isFile()) return { file, size: found.size };
    await file.close();
    return null;
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

/**
 * Removes files of uploads that nobody can be writing any more. Their age is measured against a file made just now, so that it
 * does not matter whose clock the file system goes by; this file also shows at once whether the folder can be written.
 */
async function removeStale(path: string): Promise<void> {
  const probe = join(path, randomBytes(12).toString('hex'));
  await (await open(probe, 'wx')).close();
  const now = (await stat(probe)).mtimeMs;
  await rm(probe);
  for (const name of await readdir(path)) {
    const found = await stat(join(path, name)).catch(() => null);
    if (found !== null && now - found.mtimeMs > dayMs) await rm(join(path, name), { force: true });
  }
}
