import { createReadStream } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { createDeflateRaw, crc32 } from 'node:zlib';
import yazl from 'yazl';
import type { ArtifactFormat } from '../runner-api/wire.ts';
import type { FoundFile } from './artifact-files.ts';

/** From this size on a zip entry needs 64 bits for its lengths; a little is left for a file that grows meanwhile. */
const largeFile = 0xf000_0000;

/**
 * The bytes of an upload, made while they are read. `zip` keeps folders, links and permissions; `gzip` has one member per
 * file with its name and path (runner protocol 8.1); `raw` is the first file. Folders and links can only be in a zip. The stream fails
 * when a file cannot be read.
 */
export function artifactBody(folder: string, files: readonly FoundFile[], format: ArtifactFormat): Readable {
  if (format === 'zip') return zipOf(folder, files);
  if (format === 'gzip') return Readable.from(membersOf(folder, files), { objectMode: false });
  return createReadStream(join(folder, files[0]?.path ?? ''));
}

function zipOf(folder: string, files: readonly FoundFile[]): Readable {
  const zip = new yazl.ZipFile();
  const output = zip.outputStream as Readable;
  zip.once('error', (error: Error) => output.destroy(error));
  for (const { path, stats } of files) {
    const options = { mtime: stats.mtime, mode: stats.mode };
    if (stats.isDirectory()) zip.addEmptyDirectory(path, options);
    else {
      const isLink = stats.isSymbolicLink();
      zip.addReadStreamLazy(path, { ...options, compress: !isLink, forceZip64Format: stats.size > largeFile }, (give) => {
        // A link's content is its target.
        if (isLink) readlink(join(folder, path)).then((target) => give(null, Readable.from([Buffer.from(target)])), give as () => void);
        else
          give(
            null,
            createReadStream(join(folder, path)).once('error', (error) => output.destroy(error)),
          );
      });
    }
  }
  zip.end();
  return output;
}

async function* membersOf(folder: string, files: readonly FoundFile[]): AsyncGenerator<Buffer> {
  for (const { path, stats } of files) {
    yield memberHead(path, stats.mtimeMs);
    const source = createReadStream(join(folder, path));
    let checksum = 0;
    let size = 0;
    source.on('data', (chunk) => {
      checksum = crc32(chunk, checksum);
      size += chunk.length;
    });
    const deflate = createDeflateRaw();
    source.once('error', (error) => deflate.destroy(error));
    for await (const chunk of source.pipe(deflate)) yield chunk as Buffer;
    const tail = Buffer.alloc(8);
    tail.writeUInt32LE(checksum, 0);
    tail.writeUInt32LE(size % 2 ** 32, 4);
    yield tail;
  }
}

/** A gzip header (RFC 1952) with the file's name and, as comment, its path. */
function memberHead(path: string, modified: number): Buffer {
  const head = Buffer.from([0x1f, 0x8b, 8, 0x08 | 0x10, 0, 0, 0, 0, 0, 255]);
  head.writeUInt32LE(Math.max(0, Math.floor(modified / 1000)) % 2 ** 32, 4);
  return Buffer.concat([head, Buffer.from(`${basename(path)}\0${path}\0`)]);
}
