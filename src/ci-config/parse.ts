/** The bytes of a configuration file to its tree: limits, encoding, documents (CI configuration 1, 2 and 17). */
import { Stop, unsupportedText } from './stop.ts';
import { YamlError } from './yaml/cursor.ts';
import { readTrees, TooBig } from './yaml/read-tree.ts';
import type { TreeLimits } from './yaml/read-tree.ts';
import type { MapNode, TreeNode } from './yaml/tree.ts';

/** The largest file in bytes. */
const largestFile = 2 * 1024 * 1024;

/** No file without aliases comes near the weight; with aliases it bounds what they stand for. */
export const treeLimits: TreeLimits = { depth: 100, weight: 24 * 1024 * 1024, mergedKeys: 1_000_000 };

/** A parsed file. `hasReferences`: there is a `!reference` somewhere. */
export interface ParsedFile {
  tree: MapNode;
  hasReferences: boolean;
}

/** What YAML does not allow in a text: control characters, halves of surrogate pairs. */
const forbidden = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Parses a configuration file; throws `Stop` with the first thing that is wrong with it. */
export function parse(source: string | Uint8Array, file: string): ParsedFile {
  const size = typeof source === 'string' ? Buffer.byteLength(source) : source.byteLength;
  if (size > largestFile) throw tooBig(file, null, null);
  const text = typeof source === 'string' ? source.replace(/^\ufeff/, '') : decode(source, file);
  if (text.trim() === '') {
    throw new Stop('Please provide content of .gitlab-ci.yml', 'yaml', { file, line: null, column: null });
  }
  const bad = text.search(forbidden);
  if (bad >= 0) throw unreadable('control characters are not allowed', text.slice(0, bad), file);
  const { trees, hasReferences } = read(text, file);
  return { tree: content(trees, file), hasReferences };
}

function read(text: string, file: string): ReturnType<typeof readTrees> {
  try {
    return readTrees(text, file, treeLimits);
  } catch (error) {
    if (error instanceof TooBig) throw tooBig(file, error.line, error.column);
    if (error instanceof YamlError) throw new Stop(error.message, 'yaml', { file, line: error.line, column: error.column });
    throw error;
  }
}

function tooBig(file: string, line: number | null, column: number | null): Stop {
  const limits = `a file may have ${largestFile} bytes, ${treeLimits.depth} levels and, with its aliases written out, ${treeLimits.weight} bytes`;
  const place = line === null || column === null ? { file, line: null, column: null } : { file, line, column };
  return new Stop(`The parsed YAML is too big: ${limits}`, 'yaml', place);
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const lossy = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    const again = Buffer.from(lossy);
    let at = 0;
    while (again[at] === bytes[at]) at++;
    throw unreadable('invalid leading UTF-8 octet', Buffer.from(bytes.subarray(0, at)).toString(), file);
  }
}

function unreadable(problem: string, before: string, file: string): Stop {
  const lines = before.split(/\r\n|[\n\r]/);
  const line = lines.length;
  const column = (lines.at(-1) ?? '').length + 1;
  return new Stop(`(<unknown>): ${problem} at line ${line} column ${column}`, 'yaml', { file, line, column });
}

/** The document with the jobs. A document with `spec` before it would describe inputs. */
function content(trees: TreeNode[], file: string): MapNode {
  const [first, second] = trees;
  const spec = first?.kind === 'map' ? first.entries.get('spec') : undefined;
  const isJob = spec?.value.kind === 'map' && spec.value.entries.has('script');
  if (spec && (second !== undefined || !isJob)) throw new Stop(`root ${unsupportedText('spec')}`, 'unsupported', spec.key);
  if (second) {
    throw new Stop('The parsed YAML has too many documents: put all of it into one document, without a line `---` inside', 'yaml', second);
  }
  if (first?.kind !== 'map') throw new Stop('Invalid configuration format', 'yaml', first ?? { file, line: null, column: null });
  return first;
}
