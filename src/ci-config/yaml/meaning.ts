/** What tags and merge keys mean (CI configuration 2). */
import { YamlError } from './cursor.ts';
import type { Token } from './token-queue.ts';
import type { MapNode, ScalarNode, TreeNode } from './tree.ts';

/** Tags of YAML itself, and the types that they may stand before: they change nothing. */
const harmlessTags = new Map<string, string[]>([
  ['!!str', ['string']],
  ['!!int', ['integer']],
  ['!!float', ['float']],
  ['!!bool', ['boolean']],
  ['!!null', ['null']],
  ['!!seq', ['list']],
  ['!!map', ['map']],
]);

/**
 * The node that a tagged node stands for; `written` is the text of a scalar as it is in the file. Only `!reference` before a
 * list and the tags of YAML's own types are known. Throws `YamlError` for others.
 */
export function applyTag(node: TreeNode, written: string | null, tag: Token): TreeNode {
  const place = { file: node.file, line: tag.line + 1, column: tag.column + 1 };
  if (tag.text === '!reference' && node.kind === 'list') return { ...node, ...place, kind: 'reference' };
  if ((tag.text === '!!str' || tag.text === '!') && written !== null) {
    return { kind: 'scalar', type: 'string', text: written, ...place } satisfies ScalarNode;
  }
  if (harmlessTags.get(tag.text)?.includes(node.kind === 'scalar' ? node.type : node.kind)) return node;
  throw new YamlError(`unsupported tag ${tag.text.slice(0, 100)} (only !reference with a list is supported)`, tag);
}

/**
 * The maps that a `<<` with this value merges, weakest first; null when it is an ordinary key. Merged keys win over those that
 * stand before `<<` and lose to those behind it. In a list of maps the first one wins; an alias of a list merges nothing.
 */
export function mergeSources(node: TreeNode, aliased: boolean): MapNode[] | null {
  if (node.kind === 'map') return [node];
  if (node.kind !== 'list' || aliased) return null;
  const maps = node.items.filter((item) => item.kind === 'map');
  return maps.length === node.items.length ? maps.toReversed() : null;
}
