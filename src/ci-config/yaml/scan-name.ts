/** Reads what is neither a scalar nor an indicator: names of anchors and aliases, tags and directives. */
import { isBlank, isBlankOrEnd, YamlError } from './cursor.ts';
import type { Cursor } from './cursor.ts';

/** The name behind `*` or `&`. */
export function scanName(cursor: Cursor, type: 'alias' | 'anchor'): string {
  const since = cursor.mark();
  cursor.at++;
  const from = cursor.at;
  while (isNameCharacter(cursor.code())) cursor.at++;
  const follower = cursor.code();
  if (cursor.at === from || !(isBlankOrEnd(follower) || '?:,]}%@`'.includes(String.fromCharCode(follower)))) {
    throw new YamlError('did not find expected alphabetic or numeric character', cursor.mark(), {
      doing: type === 'alias' ? 'while scanning an alias' : 'while scanning an anchor',
      since,
    });
  }
  return cursor.text.slice(from, cursor.at);
}

/** A tag with its exclamation mark. */
export function scanTag(cursor: Cursor, inFlow: boolean): string {
  const from = cursor.at;
  while (!isBlankOrEnd(cursor.code()) && !(inFlow && cursor.code() === 0x2c)) cursor.at++;
  return cursor.text.slice(from, cursor.at);
}

/** Moves over a `%YAML` or `%TAG` line: neither changes what is read. */
export function scanDirective(cursor: Cursor): void {
  const since = cursor.mark();
  cursor.at++;
  const from = cursor.at;
  while (isNameCharacter(cursor.code())) cursor.at++;
  const name = cursor.text.slice(from, cursor.at);
  const problem = directiveProblem(name, cursor.code());
  if (problem) throw new YamlError(problem, cursor.mark(), { doing: 'while scanning a directive', since });
  cursor.skipToLineEnd();
}

function directiveProblem(name: string, follower: number): string | undefined {
  if (name === '') return 'could not find expected directive name';
  if (!isBlankOrEnd(follower)) return 'found unexpected non-alphabetical character';
  return name === 'YAML' || name === 'TAG' ? undefined : 'found unknown directive name';
}

/** Whether a plain scalar may begin with `code` when `next` follows. */
export function startsPlain(code: number, next: number, inFlow: boolean): boolean {
  if (code === 0x2d) return !isBlank(next);
  if (code === 0x3f || code === 0x3a) return !inFlow && !isBlankOrEnd(next);
  return !isBlankOrEnd(code) && !'[]{},#&*!|>\'"%@`'.includes(String.fromCharCode(code));
}

function isNameCharacter(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f || code === 0x2d
  );
}
