/** A tag of a job that no runner has, and one that runners have and that it was probably meant to be. */
export interface NearTag {
  tag: string;
  near: string;
  /** `case`: they differ by capitals, spaces and the like alone; `typo`: by one or two characters. */
  kind: 'case' | 'typo';
}

/** Longer tags may have two wrong characters. */
const shortTag = 4;
/** So much of a tag is compared: longer ones are no words. */
const longestCompared = 64;

/** The closest of `known` to `tag`; null when none is near. */
export function nearTag(tag: string, known: Iterable<string>): NearTag | null {
  let best: { near: string; distance: number } | null = null;
  for (const near of known) {
    if (near === tag) continue;
    const distance = plain(near) === plain(tag) ? 0 : typos(plain(tag), plain(near));
    const most = Math.min(tag.length, near.length) <= shortTag ? 1 : 2;
    if (distance > most || (tag.length <= 2 && distance > 0)) continue;
    if (best === null || distance < best.distance) best = { near, distance };
  }
  return best === null ? null : { tag, near: best.near, kind: best.distance === 0 ? 'case' : 'typo' };
}

/** What is left of a tag without capitals and separators. */
function plain(tag: string): string {
  return tag
    .slice(0, longestCompared)
    .toLowerCase()
    .replaceAll(/[\s._-]+/g, '');
}

/** Characters that have to be added, left out, replaced or swapped with the next one; counting ends at 3. */
function typos(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > 2) return 3;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}
