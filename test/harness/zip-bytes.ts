import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import yauzl from 'yauzl';
import yazl from 'yazl';

export interface ZipEntry {
  /** A `/` at the end makes a folder. */
  name: string;
  /** Content; the target of a link. */
  text: string;
  /** Type and permissions: `0o100644` is a file, `0o120777` a link. */
  mode: number;
}

/** A zip archive of entries. `rename` replaces texts of equal length afterwards: names that a packer would refuse. */
export async function makeZip(entries: readonly ZipEntry[], rename: Record<string, string> = {}): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const { name, text, mode } of entries) {
    if (name.endsWith('/')) zip.addEmptyDirectory(name, { mode });
    else zip.addBuffer(Buffer.from(text), name, { mode });
  }
  zip.end();
  let bytes = (await buffer(zip.outputStream as Readable)).toString('latin1');
  for (const [from, to] of Object.entries(rename)) bytes = bytes.replaceAll(from, to);
  return Buffer.from(bytes, 'latin1');
}

/** The entries of an archive in their order. */
export async function readZip(bytes: Buffer): Promise<ZipEntry[]> {
  const zip = await yauzl.fromBufferPromise(bytes, { lazyEntries: true });
  const entries: ZipEntry[] = [];
  for await (const entry of zip.eachEntry()) {
    const text = entry.fileName.endsWith('/') ? '' : (await buffer(await zip.openReadStreamPromise(entry))).toString();
    entries.push({ name: entry.fileName, text, mode: entry.externalFileAttributes >>> 16 });
  }
  return entries;
}
