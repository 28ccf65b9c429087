import { badParameter } from '../http/errors.ts';
import { isDay } from '../lib/iso-time.ts';

/** Throws 400 unless at least one of the parameters was given; an update without any is refused (runners API D9). */
export function requireOneOf(given: Record<string, unknown>, names: readonly string[]): void {
  if (names.some((name) => given[name] !== undefined)) return;
  throw badParameter(`${names.join(', ')} are missing, at least one parameter must be provided`);
}

/** Throws 400 when more than one of the parameters was given. */
export function refuseTogether(given: Record<string, unknown>, names: readonly string[]): void {
  const present = names.filter((name) => given[name] !== undefined);
  if (present.length > 1) throw badParameter(`${present.join(', ')} are mutually exclusive`);
}

/**
 * The day of a parameter that is a date (`2018-11-26`, or a time of which the day counts); null for null and an empty text.
 * Throws 400 for a text that is no date.
 */
export function dayParameter(name: string, text: string | null | undefined): string | null {
  if (text === undefined || text === null || text === '') return null;
  const day = text.slice(0, 10);
  if (!isDay(day) || (text.length > 10 && Number.isNaN(Date.parse(text)))) throw badParameter(`${name} is invalid`);
  return day;
}

/** The time (ms) of a parameter that is a date or a time. Throws 400 for a text that is neither. */
export function timeParameter(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw badParameter(`${name} is invalid`);
  return time;
}
