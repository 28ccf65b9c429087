/**
 * Text to tokens. Indentation becomes begin and end tokens of block collections here; a key without `?` is only known
 * as one when its colon comes, so tokens wait in a queue as long as a key mark may have to be put before them.
 */
import { Cursor, isBlankOrEnd, isBreak, YamlError } from './cursor.ts';
import type { Mark } from './cursor.ts';
import { scanDirective, scanName, scanTag, startsPlain } from './scan-name.ts';
import { TokenQueue } from './token-queue.ts';
import type { Token, TokenType } from './token-queue.ts';
import { scanBlock, scanPlain, scanQuoted } from './scan-scalar.ts';

/** A token that turns out to be a key when a colon follows. `number` counts tokens from the beginning. */
interface KeyCandidate {
  possible: boolean;
  required: boolean;
  number: number;
  mark: Mark;
}

/** A key without `?` must end on its line and within this many characters. */
const longestKey = 1024;

const noCandidate: KeyCandidate = { possible: false, required: false, number: 0, mark: { at: 0, line: 0, column: 0 } };

export class Scanner {
  #cursor: Cursor;
  #queue = new TokenQueue();
  #ended = false;
  #indent = -1;
  #indents: number[] = [];
  #flowLevel = 0;
  #keyAllowed = true;
  #candidates: KeyCandidate[] = [noCandidate];

  constructor(text: string) {
    this.#cursor = new Cursor(text);
  }

  /** The next token, left in place. Throws `YamlError`. */
  peek(): Token {
    while (this.#needsMore()) this.#fetch();
    return this.#queue.first();
  }

  /** Takes the next token away. */
  next(): Token {
    const token = this.peek();
    this.#queue.takeFirst();
    return token;
  }

  #needsMore(): boolean {
    if (this.#queue.isEmpty) return !this.#ended;
    for (const candidate of this.#candidates) {
      if (candidate.possible && candidate.number === this.#queue.taken && this.#isLive(candidate)) return !this.#ended;
    }
    return false;
  }

  /** Whether the candidate may still become a key at the cursor; throws when it had to become one. */
  #isLive(candidate: KeyCandidate): boolean {
    const { mark } = candidate;
    if (mark.line === this.#cursor.line && this.#cursor.at <= mark.at + longestKey) return true;
    if (candidate.required) throw this.#missingColon(candidate);
    candidate.possible = false;
    return false;
  }

  #missingColon(candidate: KeyCandidate): YamlError {
    return new YamlError("could not find expected ':'", this.#cursor.mark(), {
      doing: 'while scanning a simple key',
      since: candidate.mark,
    });
  }

  #fetch(): void {
    this.#skipToToken();
    const cursor = this.#cursor;
    this.#unroll(cursor.column);
    const code = cursor.code();
    if (cursor.atEnd()) return this.#fetchEnd();
    if (code === 0x25 && cursor.column === 0) return this.#fetchDirective();
    if (cursor.atDocumentMarker()) return this.#fetchDocumentMarker(code === 0x2d ? 'documentStart' : 'documentEnd');
    const open = this.#flowLevel > 0;
    switch (code) {
      case 0x5b:
        return this.#openFlow('flowListStart');
      case 0x7b:
        return this.#openFlow('flowMapStart');
      case 0x5d:
        return this.#closeFlow('flowListEnd');
      case 0x7d:
        return this.#closeFlow('flowMapEnd');
      case 0x2c:
        this.#dropCandidate();
        this.#keyAllowed = true;
        return this.#pushIndicator('flowEntry');
      case 0x2a:
        return this.#fetchName('alias');
      case 0x26:
        return this.#fetchName('anchor');
      case 0x21:
        return this.#fetchTag();
      case 0x27:
      case 0x22:
        return this.#fetchQuoted(code === 0x22);
      case 0x7c:
      case 0x3e:
        if (!open) return this.#fetchBlock();
        break;
      case 0x2d:
        if (isBlankOrEnd(cursor.code(1))) return this.#fetchBlockEntry();
        break;
      case 0x3f:
        if (open || isBlankOrEnd(cursor.code(1))) return this.#fetchExplicitKey();
        break;
      case 0x3a:
        if (open || isBlankOrEnd(cursor.code(1))) return this.#fetchValue();
        break;
      default:
    }
    if (startsPlain(code, cursor.code(1), open)) return this.#fetchPlain();
    throw new YamlError('found character that cannot start any token', cursor.mark(), {
      doing: 'while scanning for the next token',
      since: cursor.mark(),
    });
  }

  #skipToToken(): void {
    const cursor = this.#cursor;
    for (;;) {
      if (cursor.column === 0 && cursor.code() === 0xfeff) cursor.at++;
      while (cursor.code() === 0x20 || (cursor.code() === 0x09 && (this.#flowLevel > 0 || !this.#keyAllowed))) cursor.at++;
      if (cursor.code() === 0x23) cursor.skipToLineEnd();
      if (!isBreak(cursor.code())) return;
      cursor.readBreak();
      if (this.#flowLevel === 0) this.#keyAllowed = true;
    }
  }

  #pushIndicator(type: TokenType): void {
    this.#queue.push(type, this.#cursor.mark());
    this.#cursor.at++;
  }

  /** Notes that the token about to be pushed may be a key. */
  #saveCandidate(): void {
    if (!this.#keyAllowed) return;
    this.#dropCandidate();
    const required = this.#flowLevel === 0 && this.#indent === this.#cursor.column;
    const number = this.#queue.nextNumber;
    this.#candidates[this.#flowLevel] = { possible: true, required, number, mark: this.#cursor.mark() };
  }

  #dropCandidate(): void {
    const candidate = this.#candidates[this.#flowLevel];
    if (!candidate?.possible) return;
    if (candidate.required) throw this.#missingColon(candidate);
    candidate.possible = false;
  }

  /** Begins a block collection, before the token with that number, when `mark` is further in than the current one. */
  #roll(type: 'blockListStart' | 'blockMapStart', mark: Mark, number = this.#queue.nextNumber): void {
    if (this.#flowLevel > 0 || this.#indent >= mark.column) return;
    this.#indents.push(this.#indent);
    this.#indent = mark.column;
    this.#queue.insert(number, type, mark);
  }

  #unroll(column: number): void {
    if (this.#flowLevel > 0) return;
    while (this.#indent > column) {
      this.#queue.push('blockEnd', this.#cursor.mark());
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #fetchEnd(): void {
    this.#cursor.endLastLine();
    this.#unroll(-1);
    this.#dropCandidate();
    this.#keyAllowed = false;
    this.#queue.push('streamEnd', this.#cursor.mark());
    this.#ended = true;
  }

  #fetchDirective(): void {
    this.#unroll(-1);
    this.#dropCandidate();
    this.#keyAllowed = false;
    const mark = this.#cursor.mark();
    scanDirective(this.#cursor);
    this.#queue.push('directive', mark);
  }

  #fetchDocumentMarker(type: 'documentStart' | 'documentEnd'): void {
    this.#unroll(-1);
    this.#dropCandidate();
    this.#keyAllowed = false;
    this.#queue.push(type, this.#cursor.mark());
    this.#cursor.at += 3;
  }

  #openFlow(type: 'flowListStart' | 'flowMapStart'): void {
    this.#saveCandidate();
    this.#flowLevel++;
    this.#candidates.push(noCandidate);
    this.#keyAllowed = true;
    this.#pushIndicator(type);
  }

  #closeFlow(type: 'flowListEnd' | 'flowMapEnd'): void {
    this.#dropCandidate();
    if (this.#flowLevel > 0) {
      this.#flowLevel--;
      this.#candidates.pop();
    }
    this.#keyAllowed = false;
    this.#pushIndicator(type);
  }

  #fetchBlockEntry(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) throw this.#notAllowed('block sequence entries');
      this.#roll('blockListStart', this.#cursor.mark());
    }
    this.#dropCandidate();
    this.#keyAllowed = true;
    this.#pushIndicator('blockEntry');
  }

  #notAllowed(what: string): YamlError {
    return new YamlError(`${what} are not allowed in this context`, this.#cursor.mark());
  }

  #fetchExplicitKey(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) throw this.#notAllowed('mapping keys');
      this.#roll('blockMapStart', this.#cursor.mark());
    }
    this.#dropCandidate();
    this.#keyAllowed = this.#flowLevel === 0;
    this.#pushIndicator('key');
  }

  #fetchValue(): void {
    const candidate = this.#candidates[this.#flowLevel];
    if (candidate?.possible && this.#isLive(candidate)) {
      this.#queue.insert(candidate.number, 'key', candidate.mark);
      this.#roll('blockMapStart', candidate.mark, candidate.number);
      candidate.possible = false;
      this.#keyAllowed = false;
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#keyAllowed) throw this.#notAllowed('mapping values');
        this.#roll('blockMapStart', this.#cursor.mark());
      }
      this.#keyAllowed = this.#flowLevel === 0;
    }
    this.#pushIndicator('value');
  }

  #fetchName(type: 'alias' | 'anchor'): void {
    this.#saveCandidate();
    this.#keyAllowed = false;
    const mark = this.#cursor.mark();
    this.#queue.push(type, mark, scanName(this.#cursor, type));
  }

  #fetchTag(): void {
    this.#saveCandidate();
    this.#keyAllowed = false;
    const mark = this.#cursor.mark();
    this.#queue.push('tag', mark, scanTag(this.#cursor, this.#flowLevel > 0));
  }

  #fetchBlock(): void {
    this.#dropCandidate();
    this.#keyAllowed = true;
    const mark = this.#cursor.mark();
    this.#queue.push('text', mark, scanBlock(this.#cursor, this.#indent));
  }

  #fetchQuoted(double: boolean): void {
    this.#saveCandidate();
    this.#keyAllowed = false;
    const mark = this.#cursor.mark();
    this.#queue.push('text', mark, scanQuoted(this.#cursor, double));
  }

  #fetchPlain(): void {
    this.#saveCandidate();
    this.#keyAllowed = false;
    const mark = this.#cursor.mark();
    const { text, endedLine } = scanPlain(this.#cursor, this.#indent + 1, this.#flowLevel > 0);
    if (endedLine) this.#keyAllowed = true;
    this.#queue.push('plain', mark, text);
  }
}
