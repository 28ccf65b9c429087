/** A tree written out as YAML: block style, two spaces, quotes only where a plain scalar would be read as something else. */
import { resolvePlain, UnspecifiedClass } from './yaml/resolve-scalar.ts';
import type { ScalarNode, TreeNode } from './yaml/tree.ts';

/** The tree as the text of a document. Reading it gives the same tree; aliases are written out. */
export function dump(tree: TreeNode): string {
  if (tree.kind === 'scalar' || isEmpty(tree)) return `---${new Writer().besideDash(tree, 0)}\n`;
  return `---\n${new Writer().block(tree, 0)}\n`;
}

type Collection = Exclude<TreeNode, ScalarNode>;

function isEmpty(node: Collection): boolean {
  return node.kind === 'map' ? node.entries.size === 0 : node.items.length === 0;
}

/** Collections that weigh more are written once for all places with the same indentation. */
const worthKeeping = 256;

class Writer {
  #written: Map<Collection, string>[] = [];

  /** A collection that is not empty, whose lines but the first begin with `indent` spaces. */
  block(node: Collection, indent: number): string {
    if (node.weight < worthKeeping || indent === 0) return this.#newBlock(node, indent);
    const written = (this.#written[indent] ??= new Map<Collection, string>());
    const known = written.get(node);
    if (known !== undefined) return known;
    const text = this.#newBlock(node, indent);
    written.set(node, text);
    return text;
  }

  #newBlock(node: Collection, indent: number): string {
    const separator = `\n${' '.repeat(indent)}`;
    const lines: string[] = [];
    if (node.kind === 'map') {
      for (const { key, value } of node.entries.values()) {
        const name = keyText(key);
        lines.push(`${name.length > longestKey ? `? ${name}${separator}` : name}:${this.#besideKey(value, indent)}`);
      }
    } else {
      for (const item of node.items) lines.push(`-${this.besideDash(item, indent + 2)}`);
    }
    return lines.join(separator);
  }

  #besideKey(node: TreeNode, indent: number): string {
    if (node.kind === 'scalar' || isEmpty(node)) return this.besideDash(node, indent + 2);
    const inner = node.kind === 'map' ? indent + 2 : indent;
    return `\n${' '.repeat(inner)}${this.block(node, inner)}`;
  }

  /** A value behind a dash or colon, with the space before it. */
  besideDash(node: TreeNode, indent: number): string {
    if (node.kind === 'scalar') {
      const text = scalarText(node, indent);
      return text === '' ? '' : ` ${text}`;
    }
    if (isEmpty(node)) return node.kind === 'map' ? ' {}' : ' []';
    return ` ${this.block(node, indent)}`;
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

/** Words and numbers of some version of YAML. */
const elsewhereSpecial = /^(?:[yn]|[-+]?\.|[-+.]?[0-9][0-9_,.:eExob+-]*)$/i;

/** Whether the text reads as itself without quotes, for readers of other versions of YAML as well. */
function isPlain(text: string): boolean {
  if (text.length > 60 ? !/^[A-Za-z_./$(]/.test(text) : !/^[A-Za-z0-9_./$(-]/.test(text)) return false;
  if (text.includes(': ') || text.includes(' #') || /[:\s]$/.test(text) || /[\t\n]/.test(text) || needsEscape.test(text)) return false;
  if (text.length <= 64 && elsewhereSpecial.test(text)) return false;
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
