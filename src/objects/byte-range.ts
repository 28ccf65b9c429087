/** Bytes from `start` (included, from 0) to `end` (excluded); what is absent means from the beginning, to the end. */
export interface ByteRange {
  start?: number;
  end?: number;
}

/** The part of a range that exists in `size` bytes: 0 ≤ start ≤ end ≤ size. */
export function clip(range: ByteRange, size: number): { start: number; end: number } {
  const start = Math.min(Math.max(range.start ?? 0, 0), size);
  return { start, end: Math.min(Math.max(range.end ?? size, start), size) };
}
