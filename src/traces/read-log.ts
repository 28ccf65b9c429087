import { Readable } from 'node:stream';
import type { Piece } from './live-log.ts';
import type { Segments } from './segments.ts';

/** Most bytes that are read from a segment at once, with what other logs have in between. */
const window = 256 * 1024;

/** The bytes of pieces as a stream. Their segments stay readable until the stream ends or is destroyed. */
export function readPieces(segments: Segments, pieces: readonly Piece[]): Readable {
  const releases = [...new Set(pieces.map((piece) => piece.segment))].map((segment) => segments.hold(segment));
  const stream = Readable.from(bytesOf(pieces), { objectMode: false });
  stream.once('close', () => releases.forEach((release) => release()));
  return stream;
}

/** Neighbours in a segment are read in one go, which makes one busy log as fast to read as a file. */
async function* bytesOf(pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (let index = 0; index < pieces.length;) {
    const first = pieces[index];
    if (first === undefined) return;
    let last = first;
    let next = index + 1;
    for (; next < pieces.length; next += 1) {
      const piece = pieces[next];
      if (piece === undefined || !isNear(first, last, piece)) break;
      last = piece;
    }
    const bytes = await first.segment.file.read(first.position, last.position + last.length - first.position);
    const wanted = pieces
      .slice(index, next)
      .map((piece) => bytes.subarray(piece.position - first.position, piece.position - first.position + piece.length));
    yield wanted.length === 1 ? bytes : Buffer.concat(wanted);
    index = next;
  }
}

function isNear(first: Piece, last: Piece, piece: Piece): boolean {
  return piece.segment === first.segment && piece.position > last.position && piece.position + piece.length - first.position <= window;
}
