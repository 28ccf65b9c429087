import type { ConfigError } from './plan.ts';
import { shorten, unsupportedText } from './stop.ts';
import type { MapNode, Place } from './yaml/tree.ts';

/** More errors than this are only counted. */
const mostErrors = 1000;

/**
 * The errors that the check of the keywords collects, in the order in which they are found. A location is the path of keys
 * joined by colons, such as `jobs:rspec:artifacts`; location and text are lower-cased together (CI configuration 1).
 */
export class Findings {
  readonly errors: ConfigError[] = [];
  #count = 0;

  /** How many errors there are so far: a check that leaves it unchanged has passed. */
  get count(): number {
    return this.#count;
  }

  add(location: string, text: string, place: Place): void {
    this.#push(`${location} ${text}`.toLowerCase(), 'keyword', place);
  }

  /** An error that GitLab gives without a location. */
  addBare(text: string, place: Place): void {
    this.#push(text, 'keyword', place);
  }

  /** A keyword that GitLab has and this server has not yet. */
  unsupported(location: string, keyword: string, place: Place): void {
    this.#push(`${location} ${unsupportedText(keyword)}`.toLowerCase(), 'unsupported', place);
  }

  /**
   * Reports the keys of `map` that are in neither set, all in one error, and those that are in `later`, each on its own.
   * A null counts as not given in `later`. Returns whether there was no unknown key.
   */
  checkKeys(location: string, map: MapNode, known: ReadonlySet<string>, later: ReadonlySet<string> = none): boolean {
    const unknown: string[] = [];
    let first: Place | undefined;
    for (const { key, value } of map.entries.values()) {
      if (known.has(key.text)) continue;
      if (!later.has(key.text)) {
        unknown.push(key.text);
        first ??= key;
      } else if (value.kind !== 'scalar' || value.type !== 'null') {
        this.unsupported(location, key.text, key);
      }
    }
    if (first) this.add(location, `config contains unknown keys: ${unknown.join(', ')}`, first);
    return first === undefined;
  }

  /** The errors; when some were only counted, a last one says how many. */
  finish(): ConfigError[] {
    const last = this.errors.at(-1);
    const hidden = this.#count - this.errors.length;
    if (!last || hidden === 0) return this.errors;
    return [...this.errors, { message: `and ${hidden} more errors`, kind: 'keyword', file: last.file, line: null, column: null }];
  }

  #push(message: string, kind: ConfigError['kind'], place: Place): void {
    this.#count++;
    if (this.errors.length >= mostErrors) return;
    this.errors.push({ message: shorten(message), kind, file: place.file, line: place.line, column: place.column });
  }
}

const none: ReadonlySet<string> = new Set();
