declare module '../http/route.ts' {
  interface App {
    recentWaits: RecentWaits;
  }
}

/** How long the last jobs waited, by their set of tags; kept by this process alone, for expectations. */
export interface RecentWaits {
  /** A job with these tags started at `now` after `wait` ms. */
  note(tagSetId: number, wait: number, now: number): void;
  /** How long a job with these tags, which has waited for `waited` ms, is expected to wait from `now` on. */
  expect(tagSetId: number, waited: number, now: number): ExpectedWait;
}

export const unknownWaits = ['no_history', 'longer_than_recent'] as const;
/** Why no wait can be expected. */
export type UnknownWait = (typeof unknownWaits)[number];

/** Seconds from now, of eight jobs in ten; `jobs`: from how many that is known. */
export type ExpectedWait = { from: number; to: number; jobs: number } | UnknownWait;

interface Wait {
  wait: number;
  at: number;
}

const keptJobs = 64;
const keptSets = 2000;
/** Fewer tell nothing. */
const fewestJobs = 3;
/** Jobs that started longer ago tell nothing of now (ms). */
const recently = 60 * 60_000;

export function createRecentWaits(): RecentWaits {
  // The set that was noted last comes last, so that the first one is the one to forget.
  const bySet = new Map<number, Wait[]>();
  return {
    note(tagSetId, wait, now) {
      const waits = bySet.get(tagSetId) ?? [];
      if (waits.length >= keptJobs) waits.shift();
      waits.push({ wait: Math.max(0, wait), at: now });
      bySet.delete(tagSetId);
      bySet.set(tagSetId, waits);
      const oldest = bySet.keys().next().value;
      if (bySet.size > keptSets && oldest !== undefined) bySet.delete(oldest);
    },
    expect(tagSetId, waited, now) {
      const recent = (bySet.get(tagSetId) ?? []).filter(({ at }) => now - at <= recently).map(({ wait }) => wait);
      if (recent.length < fewestJobs) return 'no_history';
      const longer = recent.filter((wait) => wait >= waited).toSorted((a, b) => a - b);
      if (longer.length === 0) return 'longer_than_recent';
      return { from: secondsAfter(waited, longer, 0.1), to: secondsAfter(waited, longer, 0.9), jobs: longer.length };
    },
  };
}

/** Seconds that are left of the wait which a part of the jobs did not exceed. */
function secondsAfter(waited: number, sorted: readonly number[], part: number): number {
  const wait = sorted[Math.floor(part * (sorted.length - 1) + 0.5)] ?? waited;
  return Math.ceil((wait - waited) / 1000);
}
