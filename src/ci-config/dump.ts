/** A tree written out as YAML: block style, two spaces, quotes only where a plain scalar would be read as something else. */
import { resolvePlain, UnspecifiedClass } from './yaml/resolve-scalar.ts';
import type { ScalarNode, TreeNode } from './yaml/tree.ts';

/** The tree as the text of a document. Reading it gives the same tree; aliases are written out. */
export function dump(tree: TreeNode): string {
  const parts: string[] = ['---'];
  write(tree, 0, parts, ' ', '\n');
  parts.push('\n');
  return parts.join('');
}

/**
 * Appends a value: `before` goes in front of a value that stays on the line, `startBlock` in front of the first line of a block
 * collection, whose further lines begin with `indent` spaces.
 */
function write(node: TreeNode, indent: number, parts: string[], before: string, startBlock: string): void {
  if (node.kind === 'scalar') {
    const text = scalarText(node, indent);
    if (text !== '') parts.push(before, text);
    return;
  }
  const pad = ' '.repeat(indent);
  let start = startBlock;
  if (node.kind === 'map') {
    if (node.entries.size === 0) parts.push(before, '{}');
    for (const { key, value } of node.entries.values()) {
      const name = keyText(key);
      parts.push(start, start.endsWith('\n') ? pad : '', name.length > longestKey ? `? ${name}\n${pad}` : name, ':');
      write(value, value.kind === 'list' ? indent : indent + 2, parts, ' ', '\n');
      start = '\n';
    }
    return;
  }
  if (node.items.length === 0) parts.push(before, '[]');
  for (const item of node.items) {
    parts.push(start, start.endsWith('\n') ? pad : '', '-');
    write(item, indent + 2, parts, ' ', ' ');
    start = '\n';
  }
}

/** Longer keys need `?` in front. */
const longestKey = 1000;

/** Characters that may not stand in a document as they are, or that end a line there. */
const needsEscape = /[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

function keyText(key: ScalarNode): string {
  if (key.type === 'null') return '~';
  return key.type !== 'string' || isPlain(key.text) ? numberText(key) : quote(key.text);
}

function scalarText(node: ScalarNode, indent: number): string {
  if (node.type !== 'string') return numberText(node);
  const { text } = node;
  if (isPlain(text)) return text;
  return text.includes('\n') && !needsEscape.test(text) && /^[^ \t\n]/.test(text) ? block(text, Math.max(indent, 2)) : quote(text);
}

function numberText(node: ScalarNode): string {
  if (node.type !== 'float') return node.text;
  if (node.text === 'NaN') return '.nan';
  return node.text.endsWith('Infinity') ? node.text.replace('Infinity', '.inf') : node.text;
}

/** Whether the text reads as itself without quotes, in a conservative sense. */
function isPlain(text: string): boolean {
  if (text.length > 60 ? !/^[A-Za-z_./$(]/.test(text) : !/^[A-Za-z0-9_./$(-]/.test(text)) return false;
  if (text.includes(': ') || text.includes(' #') || /[:\s]$/.test(text) || /[\t\n]/.test(text) || needsEscape.test(text)) return false;
  if (text.startsWith('- ') || text === '-' || text.startsWith('--') || text.startsWith('...')) return false;
  try {
    const resolved = resolvePlain(text);
    return resolved.type === 'string' && resolved.text === text;
  } catch (error) {
    if (error instanceof UnspecifiedClass) return false;
    throw error;
  }
}

function block(text: string, indent: number): string {
  const pad = ' '.repeat(indent);
  const body = text.replace(/\n+$/, '');
  const ending = text.length - body.length;
  const lines = body.split('\n').map((line) => (line === '' ? '' : pad + line));
  const sign = ending === 0 ? '-' : ending === 1 ? '' : '+';
  return `|${sign}\n${lines.join('\n')}${'\n'.repeat(Math.max(0, ending - 1))}`;
}

function quote(text: string): string {
  const json = JSON.stringify(text);
  if (!needsEscape.test(json)) return json;
  return json.replaceAll(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
