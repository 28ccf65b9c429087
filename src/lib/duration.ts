const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const unitSeconds = new Map<string, number>();
for (const [seconds, names] of [
  [1, 's sec secs second seconds'],
  [minute, 'm min mins minute minutes'],
  [hour, 'h hr hrs hour hours'],
  [day, 'd dy day days'],
  [7 * day, 'w wk wks week weeks'],
  [30 * day, 'mo mos mon mons month months'],
  [365.25 * day, 'y yr yrs year years'],
] as const) {
  for (const name of names.split(' ')) unitSeconds.set(name, seconds);
}

/** Nobody writes a longer duration; it bounds the work. */
const longestText = 200;

const part = /(?<number>\d+(?:\.\d+)?|\.\d+)\s*(?<unit>[a-z]*)/y;
const gap = /(?:[\s,]|\b(?:and|with|plus)\b)*/y;

/**
 * The seconds of a duration in natural form, such as `45`, `1m 3s`, `2h20min`, `3 weeks and 2 days` or `6 mos 1 day`
 * (CI configuration 4). A number without a unit counts seconds; a month has 30 days, a year 365.25. Null for anything
 * else, also for `never`, which only some keywords accept.
 */
export function parseDuration(text: string): number | null {
  if (text.length > longestText) return null;
  const lower = text.trim().toLowerCase();
  let total = 0;
  let at = 0;
  while (at < lower.length) {
    part.lastIndex = at;
    const found = part.exec(lower)?.groups;
    if (!found) return null;
    const unit = found['unit'] === '' ? 1 : unitSeconds.get(found['unit'] ?? '');
    if (unit === undefined) return null;
    total += Number(found['number']) * unit;
    gap.lastIndex = part.lastIndex;
    gap.exec(lower);
    if (gap.lastIndex === part.lastIndex && part.lastIndex < lower.length && !/\d/.test(lower.charAt(part.lastIndex))) return null;
    at = gap.lastIndex;
  }
  if (at === 0 || /(?:and|with|plus|,)$/.test(lower)) return null;
  const seconds = Math.round(total);
  return Number.isSafeInteger(seconds) ? seconds : null;
}
