/** A place in the text; `line` and `column` count from 0 here, as the reader counts. */
export interface Mark {
  at: number;
  line: number;
  column: number;
}

/**
 * Text that is not YAML. The message has the words and the place that GitLab shows (there the place is the beginning of
 * what was being read); `line` and `column`, from 1, are where the reader stopped.
 */
export class YamlError extends Error {
  override name = 'YamlError';
  readonly line: number;
  readonly column: number;
  constructor(problem: string, at: Mark, context?: { doing: string; since: Mark }) {
    const shown = context?.since ?? at;
    const text = context ? `${problem} ${context.doing}` : problem;
    super(`(<unknown>): ${text} at line ${shown.line + 1} column ${shown.column + 1}`);
    this.line = at.line + 1;
    this.column = at.column + 1;
  }
}

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const nextLine = 0x85;
const lineSeparator = 0x2028;
const paragraphSeparator = 0x2029;

export function isBlank(code: number): boolean {
  return code === space || code === tab;
}

export function isBreak(code: number): boolean {
  return code === lineFeed || code === carriageReturn || code === nextLine || code === lineSeparator || code === paragraphSeparator;
}

/** A blank, a line break or the end of the text. */
export function isBlankOrEnd(code: number): boolean {
  return code === space || code === lineFeed || code === tab || code === 0 || isBreak(code);
}

/**
 * The text and how far it has been read. A NUL stands behind the end, so that looking ahead needs no bounds;
 * the text itself may not have one.
 */
export class Cursor {
  readonly text: string;
  at = 0;
  line = 0;
  lineStart = 0;

  constructor(text: string) {
    this.text = `${text}\0`;
  }

  get column(): number {
    return this.at - this.lineStart;
  }

  mark(): Mark {
    return { at: this.at, line: this.line, column: this.at - this.lineStart };
  }

  /** The character code `ahead` places on; 0 at the end. */
  code(ahead = 0): number {
    return this.text.charCodeAt(this.at + ahead) || 0;
  }

  atEnd(): boolean {
    return this.at >= this.text.length - 1;
  }

  skipBlanks(): void {
    while (isBlank(this.code())) this.at++;
  }

  /** Moves to the end of this line, before its break. */
  skipToLineEnd(): void {
    let code = this.code();
    while (code !== 0 && !isBreak(code)) {
      this.at++;
      code = this.code();
    }
  }

  /** At the end of the text: counts its last line as ended, so that what is missing there is reported on a line of its own. */
  endLastLine(): void {
    if (this.column === 0) return;
    this.line++;
    this.lineStart = this.at;
  }

  /** Reads one line break and returns it as the value of a scalar has it. */
  readBreak(): string {
    const code = this.code();
    this.at += code === carriageReturn && this.code(1) === lineFeed ? 2 : 1;
    this.line++;
    this.lineStart = this.at;
    if (code === lineSeparator) return '\u2028';
    return code === paragraphSeparator ? '\u2029' : '\n';
  }

  /** Whether `---` or `...` begins a line here. */
  atDocumentMarker(): boolean {
    if (this.at !== this.lineStart) return false;
    const code = this.code();
    if (code !== 0x2d && code !== 0x2e) return false;
    return this.code(1) === code && this.code(2) === code && isBlankOrEnd(this.code(3));
  }
}
