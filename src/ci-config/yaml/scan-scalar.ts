/** Reads the three kinds of scalars at the cursor: plain, quoted and block; folding of lines as YAML 1.1 has it. */
import { isBlank, isBlankOrEnd, isBreak, YamlError } from './cursor.ts';
import type { Cursor, Mark } from './cursor.ts';

const hash = 0x23;
const colon = 0x3a;
const tab = 0x09;
const space = 0x20;

function isFlowIndicator(code: number): boolean {
  return code === 0x2c || code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d; // , [ ] { }
}

/** What folded line breaks become: the first one a space, unless more follow. `first` is empty after an escaped break. */
function fold(first: string, more: string): string {
  if (first !== '\n') return first + more;
  return more === '' ? ' ' : more;
}

/**
 * A plain scalar; `indent` is the column that its further lines must reach. `endedLine` tells that the cursor has moved
 * past a line break behind it, so that a key may follow.
 */
export function scanPlain(cursor: Cursor, indent: number, inFlow: boolean): { text: string; endedLine: boolean } {
  const start = cursor.mark();
  let text = '';
  let gap = '';
  let endedLine = false;
  for (;;) {
    if (cursor.atDocumentMarker() || cursor.code() === hash) break;
    const from = cursor.at;
    const to = endOfPlainLine(cursor, inFlow, start);
    if (to > from) {
      text += gap + cursor.text.slice(from, to);
      gap = '';
      endedLine = false;
    }
    if (!isBlank(cursor.code()) && !isBreak(cursor.code())) break;
    cursor.skipBlanks();
    if (!isBreak(cursor.code())) break;
    const first = cursor.readBreak();
    const more = readIndentedBreaks(cursor, indent, start);
    gap = fold(first, more);
    endedLine = true;
    if (!inFlow && cursor.column < indent) break;
  }
  return { text, endedLine };
}

/** Moves over the words of one line to the blank, break or indicator behind them; returns where they end. */
function endOfPlainLine(cursor: Cursor, inFlow: boolean, start: Mark): number {
  let end = cursor.at;
  for (;;) {
    let code = cursor.code();
    while (!isBlankOrEnd(code)) {
      if (code === colon) {
        const next = cursor.code(1);
        if (isBlankOrEnd(next)) return end;
        if (inFlow && (isFlowIndicator(next) || next === 0x3f)) {
          throw new YamlError("found unexpected ':'", cursor.mark(), { doing: 'while scanning a plain scalar', since: start });
        }
      } else if (inFlow && isFlowIndicator(code)) {
        return end;
      }
      cursor.at++;
      end = cursor.at;
      code = cursor.code();
    }
    if (!isBlank(code)) return end;
    cursor.skipBlanks();
    if (isBlankOrEnd(cursor.code()) || cursor.code() === hash) {
      cursor.at = end;
      return end;
    }
  }
}

function readIndentedBreaks(cursor: Cursor, indent: number, start: Mark): string {
  let breaks = '';
  for (;;) {
    const code = cursor.code();
    if (isBlank(code)) {
      if (code === tab && cursor.column < indent) {
        throw new YamlError('found a tab character that violates indentation', cursor.mark(), {
          doing: 'while scanning a plain scalar',
          since: start,
        });
      }
      cursor.at++;
    } else if (isBreak(code)) {
      breaks += cursor.readBreak();
    } else {
      return breaks;
    }
  }
}

/** A scalar in single or double quotes. */
export function scanQuoted(cursor: Cursor, double: boolean): string {
  const start = cursor.mark();
  const quote = double ? 0x22 : 0x27;
  const context = { doing: 'while scanning a quoted scalar', since: start };
  let text = '';
  cursor.at++;
  for (;;) {
    if (cursor.atDocumentMarker()) throw new YamlError('found unexpected document indicator', cursor.mark(), context);
    if (cursor.atEnd()) throw new YamlError('found unexpected end of stream', cursor.mark(), context);
    let escapedBreak = false;
    let from = cursor.at;
    for (let code = cursor.code(); !isBlankOrEnd(code); code = cursor.code()) {
      if (code === quote && !double && cursor.code(1) === quote) {
        text += `${cursor.text.slice(from, cursor.at)}'`;
        cursor.at += 2;
        from = cursor.at;
      } else if (code === quote) {
        break;
      } else if (double && code === 0x5c) {
        text += cursor.text.slice(from, cursor.at);
        escapedBreak = isBreak(cursor.code(1));
        if (escapedBreak) cursor.at++;
        else text += readEscape(cursor, start);
        from = cursor.at;
        if (escapedBreak) break;
      } else {
        cursor.at++;
      }
    }
    text += cursor.text.slice(from, cursor.at);
    if (cursor.code() === quote && !escapedBreak) break;
    text += readQuotedGap(cursor, escapedBreak);
  }
  cursor.at++;
  return text;
}

/** The blanks and breaks between two words in quotes, as the value has them. */
function readQuotedGap(cursor: Cursor, escapedBreak: boolean): string {
  const from = cursor.at;
  let first = '';
  let more = '';
  let broken = escapedBreak;
  if (escapedBreak) cursor.readBreak();
  for (;;) {
    const code = cursor.code();
    if (isBlank(code)) {
      cursor.at++;
    } else if (!isBreak(code)) {
      break;
    } else if (broken) {
      more += cursor.readBreak();
    } else {
      first = cursor.readBreak();
      broken = true;
    }
  }
  if (!broken) return cursor.text.slice(from, cursor.at);
  return fold(first, more);
}

const escapes: Record<string, string> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

function readEscape(cursor: Cursor, start: Mark): string {
  const context = { doing: 'while parsing a quoted scalar', since: start };
  const letter = cursor.text.charAt(cursor.at + 1);
  const length = letter === 'x' ? 2 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0;
  if (length === 0) {
    const value = escapes[letter];
    if (value === undefined) throw new YamlError('found unknown escape character', cursor.mark(), context);
    cursor.at += 2;
    return value;
  }
  const digits = cursor.text.slice(cursor.at + 2, cursor.at + 2 + length);
  if (!/^[0-9a-fA-F]+$/.test(digits) || digits.length < length) {
    throw new YamlError('did not find expected hexdecimal number', cursor.mark(), context);
  }
  const value = Number.parseInt(digits, 16);
  if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff) {
    throw new YamlError('found invalid Unicode character escape code', cursor.mark(), context);
  }
  cursor.at += 2 + length;
  return String.fromCodePoint(value);
}

/** A literal (`|`) or folded (`>`) block; `parentIndent` is the column of the collection around it, -1 at the top. */
export function scanBlock(cursor: Cursor, parentIndent: number): string {
  const start = cursor.mark();
  const literal = cursor.code() === 0x7c;
  cursor.at++;
  const header = readBlockHeader(cursor, start);
  let indent = header.increment === 0 ? 0 : Math.max(parentIndent, 0) + header.increment;
  const lines: string[] = [];
  let { breaks, width } = readBlockBreaks(cursor, indent, start);
  if (indent === 0) indent = Math.max(width, parentIndent + 1, 1);
  let lastBreak = '';
  let leadingBlank = false;
  while (cursor.column === indent && !cursor.atEnd()) {
    const blank = isBlank(cursor.code());
    if (!literal && lastBreak === '\n' && !leadingBlank && !blank) lines.push(breaks === '' ? ' ' : breaks);
    else lines.push(lastBreak, breaks);
    leadingBlank = blank;
    const from = cursor.at;
    cursor.skipToLineEnd();
    lines.push(cursor.text.slice(from, cursor.at));
    lastBreak = cursor.atEnd() ? '' : cursor.readBreak();
    ({ breaks, width } = readBlockBreaks(cursor, indent, start));
  }
  if (header.chomping !== 'strip') lines.push(lastBreak);
  if (header.chomping === 'keep') lines.push(breaks);
  return lines.join('');
}

function readBlockHeader(cursor: Cursor, start: Mark): { chomping: 'strip' | 'clip' | 'keep'; increment: number } {
  const context = { doing: 'while scanning a block scalar', since: start };
  let chomping: 'strip' | 'clip' | 'keep' = 'clip';
  let increment = 0;
  for (let seen = 0; seen < 2; seen++) {
    const code = cursor.code();
    if (code === 0x30) throw new YamlError('found an indentation indicator equal to 0', cursor.mark(), context);
    if (chomping === 'clip' && (code === 0x2b || code === 0x2d)) chomping = code === 0x2b ? 'keep' : 'strip';
    else if (increment === 0 && code > 0x30 && code <= 0x39) increment = code - 0x30;
    else break;
    cursor.at++;
  }
  cursor.skipBlanks();
  if (cursor.code() === hash) cursor.skipToLineEnd();
  if (cursor.atEnd()) return { chomping, increment };
  if (!isBreak(cursor.code())) throw new YamlError('did not find expected comment or line break', cursor.mark(), context);
  cursor.readBreak();
  return { chomping, increment };
}

/** Reads the indentation of a line and the empty lines before it; `width` is the widest indentation met while none is known. */
function readBlockBreaks(cursor: Cursor, indent: number, start: Mark): { breaks: string; width: number } {
  let breaks = '';
  let width = 0;
  for (;;) {
    while ((indent === 0 || cursor.column < indent) && cursor.code() === space) cursor.at++;
    width = Math.max(width, cursor.column);
    if ((indent === 0 || cursor.column < indent) && cursor.code() === tab) {
      throw new YamlError('found a tab character where an indentation space is expected', cursor.mark(), {
        doing: 'while scanning a block scalar',
        since: start,
      });
    }
    if (!isBreak(cursor.code())) return { breaks, width };
    breaks += cursor.readBreak();
  }
}
