/** The shapes that keywords accept, read from a tree; null means that the node has another shape. */
import { isString } from './yaml/tree.ts';
import type { TreeNode } from './yaml/tree.ts';

/** Lists in lists that a keyword with nesting accepts, the outermost included. */
const deepestNesting = 10;

export const nestedTexts = {
  orText: `should be a string or a nested array of strings up to ${deepestNesting} levels deep`,
  only: `should be an array of strings or a nested array of strings up to ${deepestNesting} levels deep`,
};

/** A list of strings. */
export function readStrings(node: TreeNode): string[] | null {
  if (node.kind !== 'list') return null;
  const texts: string[] = [];
  for (const item of node.items) {
    if (!isString(item)) return null;
    texts.push(item.text);
  }
  return texts;
}

/** A list of strings and of such lists, flattened. */
export function readNestedStrings(node: TreeNode): string[] | null {
  const texts: string[] = [];
  return node.kind === 'list' && flatten(node.items, deepestNesting, texts) ? texts : null;
}

function flatten(items: TreeNode[], levels: number, texts: string[]): boolean {
  if (levels === 0) return false;
  for (const item of items) {
    if (isString(item)) texts.push(item.text);
    else if (item.kind !== 'list' || !flatten(item.items, levels - 1, texts)) return false;
  }
  return true;
}

/** True or false. */
export function readBoolean(node: TreeNode): boolean | null {
  return node.kind === 'scalar' && node.type === 'boolean' ? node.text === 'true' : null;
}

/** What counts as left empty: nothing, false, blank text, a collection without items. */
export function isBlankValue(node: TreeNode | undefined): boolean {
  if (!node || node.kind === 'reference') return node === undefined;
  if (node.kind === 'list') return node.items.length === 0;
  if (node.kind === 'map') return node.entries.size === 0;
  return node.text.trim() === '' || (node.type === 'boolean' && node.text === 'false');
}

/** A number, text or boolean as text; null for anything else, null included. */
export function readScalar(node: TreeNode): string | null {
  return node.kind === 'scalar' && node.type !== 'null' && node.type !== 'time' ? node.text : null;
}
