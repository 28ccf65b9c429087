import type { Mark } from './cursor.ts';

export type TokenType =
  | 'streamEnd'
  | 'directive'
  | 'documentStart'
  | 'documentEnd'
  | 'blockListStart'
  | 'blockMapStart'
  | 'blockEnd'
  | 'flowListStart'
  | 'flowListEnd'
  | 'flowMapStart'
  | 'flowMapEnd'
  | 'blockEntry'
  | 'flowEntry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'plain'
  | 'text';

/** `text` is the value of a scalar, or the name of an alias, anchor or tag. */
export interface Token extends Mark {
  type: TokenType;
  text: string;
}

/** Tokens that are read but not taken yet. A token is numbered by how many come before it in the whole text. */
export class TokenQueue {
  #tokens: Token[] = [];
  #head = 0;
  #taken = 0;

  /** How many tokens have been taken: the number of the next one. */
  get taken(): number {
    return this.#taken;
  }

  /** The number that the next pushed token gets. */
  get nextNumber(): number {
    return this.#taken + this.#tokens.length - this.#head;
  }

  get isEmpty(): boolean {
    return this.#head === this.#tokens.length;
  }

  first(): Token {
    const token = this.#tokens[this.#head];
    if (!token) throw new Error('the scanner has no token left');
    return token;
  }

  takeFirst(): void {
    this.#head++;
    this.#taken++;
    if (!this.isEmpty) return;
    this.#tokens.length = 0;
    this.#head = 0;
  }

  push(type: TokenType, mark: Mark, text = ''): void {
    this.#tokens.push({ type, text, at: mark.at, line: mark.line, column: mark.column });
  }

  /** Puts a token before the one with that number. */
  insert(number: number, type: TokenType, mark: Mark): void {
    const token = { type, text: '', at: mark.at, line: mark.line, column: mark.column };
    this.#tokens.splice(this.#head + number - this.#taken, 0, token);
  }
}
