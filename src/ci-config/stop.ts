import type { ConfigError, ConfigErrorKind } from './plan.ts';
import type { Place } from './yaml/tree.ts';

/** Raised by the steps that end a compilation at their first error. */
export class Stop extends Error {
  override name = 'Stop';
  readonly error: ConfigError;
  constructor(message: string, kind: ConfigErrorKind, place: Place | { file: string; line: null; column: null }) {
    super(message);
    this.error = { message: shorten(message), kind, file: place.file, line: place.line, column: place.column };
  }
}

/** What is said of a keyword that GitLab knows and this server does not. */
export function unsupportedText(keyword: string): string {
  return `config contains a keyword that this server does not support yet: ${keyword}`;
}

/** Messages quote names and lists of the file; a longer one is cut. */
const longestMessage = 2000;

/** The message, cut when it is longer than anybody reads. */
export function shorten(message: string): string {
  return message.length > longestMessage ? `${message.slice(0, longestMessage).toWellFormed()}…` : message;
}
