/** Trees as plain values and back, for tests. */
import { resolvePlain } from './resolve-scalar.ts';
import { newList, newMap, setEntry } from './tree.ts';
import type { ScalarNode, TreeNode } from './tree.ts';

const place = { file: 'sample.yml', line: 1, column: 1 };

/** Maps become objects, integers and floats numbers, references `{ reference: [...] }`. */
export function plainValue(node: TreeNode): unknown {
  if (node.kind === 'reference') return { reference: node.items.map(plainValue) };
  if (node.kind === 'list') return node.items.map(plainValue);
  if (node.kind === 'map') {
    return Object.fromEntries([...node.entries.values()].map(({ key, value }) => [key.text, plainValue(value)]));
  }
  if (node.type === 'null') return null;
  if (node.type === 'boolean') return node.text === 'true';
  return node.type === 'integer' || node.type === 'float' ? Number(node.text) : node.text;
}

/** The tree of a plain value. */
export function treeOf(value: unknown): TreeNode {
  if (Array.isArray(value)) return newList(value.map(treeOf), place);
  if (typeof value === 'object' && value !== null) {
    const map = newMap(place);
    for (const [key, item] of Object.entries(value)) setEntry(map, text(key), treeOf(item));
    return map;
  }
  if (typeof value === 'string') return text(value);
  const { type, text: shown } = resolvePlain(value === null ? '' : JSON.stringify(value));
  return { kind: 'scalar', type, text: shown, ...place };
}

function text(value: string): ScalarNode {
  return { kind: 'scalar', type: 'string', text: value, ...place };
}
