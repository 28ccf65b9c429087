/**
 * File name patterns: `*` and `?` stay within one part of a path, a part `**` followed by `/` stands for any number of
 * parts, `[a-z]` and `[!a-z]` for one character, `{a,b}` for alternatives, and `\` takes the next character as it is. A
 * leading dot is nothing special. Matching walks the path once with all possible places in the pattern side by side, so it
 * takes at most length of pattern × length of path steps, whatever somebody writes.
 */
export interface Glob {
  /** Whether the whole of `path` (parts separated by `/`, no `/` in front) fits. */
  matches(path: string): boolean;
  /** Whether something inside of `folder` could fit; false means that the folder need not be read. */
  mayMatchBelow(folder: string): boolean;
}

export interface GlobOptions {
  /** A `**` at the end takes everything below, as agents read it; otherwise it is one part, as `rules:changes` reads it. */
  deepEnd?: boolean;
}

/** Longest pattern that is taken, in characters. */
export const maxPatternLength = 4096;

/** One place in the compiled pattern: it takes a character and goes on with the next place, or leads to others at once. */
type Place =
  | { kind: 'character'; character: string }
  | { kind: 'inPart' }
  | { kind: 'any' }
  | { kind: 'oneOf'; ranges: [number, number][]; negated: boolean }
  | { kind: 'fork'; to: number[] }
  | { kind: 'end' };

/** Compiles a pattern. Throws a RangeError when it is longer than `maxPatternLength`. */
export function compileGlob(pattern: string, options: GlobOptions = {}): Glob {
  if (pattern.length > maxPatternLength) throw new RangeError(`a pattern may have at most ${maxPatternLength} characters`);
  const places = new Compiler(pattern, options.deepEnd === true).compile();
  const last = places.length - 1;
  const walker = new Walker(places);
  return {
    matches: (path) => walker.walk(path)?.includes(last) === true,
    mayMatchBelow: (folder) => folder === '' || walker.walk(`${folder}/`) !== null,
  };
}

/** Turns text into places. Braces are paired first, so that one without its partner is an ordinary character. */
class Compiler {
  readonly #text: string[];
  readonly #deepEnd: boolean;
  readonly #closing: Map<number, number>;
  readonly #places: Place[] = [];
  #at = 0;
  /** Whether a part of the path begins here: only there is `**` more than `*`. */
  #partBegins = true;

  constructor(pattern: string, deepEnd: boolean) {
    this.#text = Array.from(pattern);
    this.#deepEnd = deepEnd;
    this.#closing = pairBraces(this.#text);
  }

  compile(): Place[] {
    this.#sequence(this.#text.length);
    this.#places.push({ kind: 'end' });
    return this.#places;
  }

  #sequence(end: number): void {
    while (this.#at < end) this.#one(end);
  }

  #one(end: number): void {
    const character = this.#text[this.#at] ?? '';
    if (character === '*') return this.#stars(end);
    if (character === '{' && this.#closing.has(this.#at)) return this.#alternatives(this.#closing.get(this.#at) ?? end);
    const at = this.#at;
    this.#at += 1;
    if (character === '[' && this.#class(end)) return this.#inPart();
    if (character === '?') {
      this.#places.push({ kind: 'inPart' });
      return this.#inPart();
    }
    if (character === '\\' && at + 1 < end) {
      this.#at += 1;
      return this.#literal(this.#text[at + 1] ?? '');
    }
    this.#literal(character);
  }

  #inPart(): void {
    this.#partBegins = false;
  }

  #literal(character: string): void {
    this.#places.push({ kind: 'character', character });
    this.#partBegins = character === '/';
  }

  #stars(end: number): void {
    const from = this.#at;
    while (this.#at < end && this.#text[this.#at] === '*') this.#at += 1;
    const deep = this.#partBegins && this.#at - from === 2;
    if (deep && this.#text[this.#at] === '/' && this.#at < end) {
      this.#at += 1;
      return this.#parts();
    }
    const atEnd = this.#at === this.#text.length;
    this.#repeat({ kind: deep && atEnd && this.#deepEnd ? 'any' : 'inPart' });
    this.#inPart();
  }

  /** Any number of characters. */
  #repeat(what: Place): void {
    const fork = this.#places.length;
    this.#places.push({ kind: 'fork', to: [fork + 1, fork + 3] }, what, { kind: 'fork', to: [fork] });
  }

  /** Any number of whole parts, each with its `/`. */
  #parts(): void {
    const fork = this.#places.length;
    this.#places.push(
      { kind: 'fork', to: [fork + 1, fork + 5] },
      { kind: 'inPart' },
      { kind: 'fork', to: [fork + 1, fork + 3] },
      { kind: 'character', character: '/' },
      { kind: 'fork', to: [fork] },
    );
    this.#partBegins = true;
  }

  #alternatives(closing: number): void {
    const fork: Place & { kind: 'fork' } = { kind: 'fork', to: [] };
    this.#places.push(fork);
    const began = this.#partBegins;
    const exits: (Place & { kind: 'fork' })[] = [];
    let allEndPart = true;
    for (const end of this.#branchEnds(closing)) {
      this.#at += 1;
      this.#partBegins = began;
      fork.to.push(this.#places.length);
      this.#sequence(end);
      const exit: Place & { kind: 'fork' } = { kind: 'fork', to: [] };
      exits.push(exit);
      this.#places.push(exit);
      allEndPart &&= this.#partBegins;
    }
    this.#at = closing + 1;
    this.#partBegins = allEndPart;
    for (const exit of exits) exit.to.push(this.#places.length);
  }

  /** Where the alternatives of the group that opens here end: at its own commas and its closing brace. */
  #branchEnds(closing: number): number[] {
    const ends: number[] = [];
    for (let at = this.#at + 1; at < closing; at += 1) {
      const character = this.#text[at];
      if (character === '\\') at += 1;
      else if (character === ',') ends.push(at);
      else if (character === '{') at = this.#closing.get(at) ?? at;
    }
    return [...ends, closing];
  }

  /** Reads the rest of `[…]`; false when it is not closed, and `[` then stands for itself. */
  #class(end: number): boolean {
    let at = this.#at;
    const negated = this.#text[at] === '!' || this.#text[at] === '^';
    if (negated) at += 1;
    const ranges: [number, number][] = [];
    const first = at;
    for (; at < end && (this.#text[at] !== ']' || at === first); at += 1) {
      if (this.#text[at] === '\\' && at + 1 < end) at += 1;
      const low = this.#code(at);
      const isRange = this.#text[at + 1] === '-' && at + 2 < end && this.#text[at + 2] !== ']';
      if (isRange) at += 2;
      ranges.push([low, this.#code(at)]);
    }
    if (at >= end) return false;
    this.#at = at + 1;
    this.#places.push({ kind: 'oneOf', ranges, negated });
    return true;
  }

  #code(at: number): number {
    return this.#text[at]?.codePointAt(0) ?? 0;
  }
}

function pairBraces(text: string[]): Map<number, number> {
  const pairs = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '{') open.push(at);
    else if (text[at] === '}') {
      const begin = open.pop();
      if (begin !== undefined) pairs.set(begin, at);
    }
  }
  return pairs;
}

/** Walks paths through compiled places. Its lists are kept from walk to walk: a repository has many paths. */
class Walker {
  readonly #places: Place[];
  /** For each place the step in which it was last reached, so that it is taken up once a step. */
  readonly #reached: Uint32Array;
  #step = 0;
  #current: number[] = [];
  #next: number[] = [];
  readonly #open: number[] = [];

  constructor(places: Place[]) {
    this.#places = places;
    this.#reached = new Uint32Array(places.length);
  }

  /** The places that the pattern can be at after all of `path`; null when there is none. */
  walk(path: string): readonly number[] | null {
    this.#begin();
    this.#reach(0);
    for (const character of path) {
      [this.#current, this.#next] = [this.#next, this.#current];
      this.#begin();
      for (const at of this.#current) {
        const place = this.#places[at];
        if (place !== undefined && takes(place, character)) this.#reach(at + 1);
      }
      if (this.#next.length === 0) return null;
    }
    return this.#next;
  }

  #begin(): void {
    this.#next.length = 0;
    this.#step += 1;
    if (this.#step < 0xffff_ffff) return;
    this.#reached.fill(0);
    this.#step = 1;
  }

  /** Notes `from` and everything that its forks lead to. */
  #reach(from: number): void {
    this.#open.push(from);
    for (let at = this.#open.pop(); at !== undefined; at = this.#open.pop()) {
      if (this.#reached[at] === this.#step) continue;
      this.#reached[at] = this.#step;
      const place = this.#places[at];
      if (place?.kind !== 'fork') this.#next.push(at);
      else for (const to of place.to) this.#open.push(to);
    }
  }
}

function takes(place: Place, character: string): boolean {
  switch (place.kind) {
    case 'character':
      return place.character === character;
    case 'any':
      return true;
    case 'inPart':
      return character !== '/';
    case 'oneOf': {
      const code = character.codePointAt(0) ?? 0;
      return character !== '/' && place.ranges.some(([low, high]) => low <= code && code <= high) !== place.negated;
    }
    default:
      return false;
  }
}
