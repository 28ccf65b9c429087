const firstSize = 64 * 1024;

/**
 * Collects chunks of any size into buffers of exactly `size` bytes; only the last one may be shorter, and none is empty.
 * Small sources take little memory, large ones a buffer of `size` beside those given out.
 */
export async function* inParts(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer, undefined> {
  let part = Buffer.allocUnsafeSlow(Math.min(size, firstSize));
  let length = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      if (length === part.length) part = grown(part, size);
      const piece = chunk.subarray(at, at + part.length - length);
      part.set(piece, length);
      length += piece.length;
      at += piece.length;
      if (length < size) continue;
      yield part;
      part = Buffer.allocUnsafeSlow(size);
      length = 0;
    }
  }
  if (length > 0) yield part.subarray(0, length);
}

function grown(part: Buffer<ArrayBuffer>, most: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.min(most, part.length * 2));
  larger.set(part);
  return larger;
}
