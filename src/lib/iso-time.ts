/** Text of a time in ms since the epoch, as the API gives it: `2018-11-26T10:00:00.000Z`. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** The same for a time that may be missing. */
export function isoTimeOrNull(time: number | null): string | null {
  return time === null ? null : isoTime(time);
}

/** The day (UTC) of a time in ms since the epoch: `2018-11-26`. */
export function isoDay(time: number): string {
  return isoTime(time).slice(0, 10);
}

/** Whether a text is a day that exists, in the form `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && isoDay(time) === text;
}
