/**
 * A secret may be cut in two by the end of a call. A part at the very end or beginning is taken for one only from this length on, so that ordinary
 * words are not masked; what can be seen of a token then is less than this.
 */
const shortestPart = 8;

/**
 * Replaces secrets in a piece of a log by as many `x` (runner protocol 7.2): the log's size must not change. Also replaces a beginning of a secret
 * at the end of the bytes, and an end of one at their beginning, of at least 8 bytes. Gives the same array back when there is nothing to replace, so that
 * the caller can tell; never changes `bytes`. Empty secrets are passed over.
 */
export function maskBytes(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = secrets.filter((secret) => secret !== '').flatMap((secret) => rangesOf(view, Buffer.from(secret)));
  if (found.length === 0) return bytes;
  const masked = Buffer.from(view);
  for (const [start, end] of found) masked.fill('x', start, end);
  return masked;
}

type Range = [start: number, end: number];

function rangesOf(bytes: Buffer, secret: Buffer): Range[] {
  const ranges: Range[] = [];
  for (let at = bytes.indexOf(secret); at !== -1; at = bytes.indexOf(secret, at + 1)) ranges.push([at, at + secret.length]);
  const begun = longestPart(secret, (length) => bytes.subarray(bytes.length - length).equals(secret.subarray(0, length)), bytes.length);
  if (begun > 0) ranges.push([bytes.length - begun, bytes.length]);
  const ended = longestPart(secret, (length) => bytes.subarray(0, length).equals(secret.subarray(secret.length - length)), bytes.length);
  if (ended > 0) ranges.push([0, ended]);
  return ranges;
}

/** Length of the longest part of a secret, shorter than all of it, for which `matches`; 0 when there is none. */
function longestPart(secret: Buffer, matches: (length: number) => boolean, most: number): number {
  for (let length = Math.min(secret.length - 1, most); length >= shortestPart; length -= 1) if (matches(length)) return length;
  return 0;
}
