/** The tree that a configuration file is read into. Every node knows where it stands, so that errors can say so. */

/** Where a node begins; `line` and `column` count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** The type that YAML 1.1 gives to a scalar. `time` is a timestamp, which no keyword accepts. */
export type ScalarType = 'string' | 'integer' | 'float' | 'boolean' | 'null' | 'time';

/** A scalar. `text` is its value as text: `yes` is the boolean `true`, `0x10` the integer `16`, null the empty text. */
export interface ScalarNode extends Place {
  kind: 'scalar';
  type: ScalarType;
  text: string;
}

export interface ListNode extends Place {
  kind: 'list';
  items: TreeNode[];
  weight: number;
  height: number;
}

export interface MapEntry {
  key: ScalarNode;
  value: TreeNode;
}

/** A map; its entries by the text of their key, in document order. Trees share nodes: nobody changes one. */
export interface MapNode extends Place {
  kind: 'map';
  entries: Map<string, MapEntry>;
  weight: number;
  height: number;
}

/** `!reference [a, b]`: stands for the value at that path until references are resolved. */
export interface ReferenceNode extends Place {
  kind: 'reference';
  items: TreeNode[];
  weight: number;
  height: number;
}

export type TreeNode = ScalarNode | ListNode | MapNode | ReferenceNode;

/** What a node costs before its text or children are counted. */
const nodeWeight = 8;

/** How much a node weighs when everything it shares is written out: its text plus a fee for each node. */
export function weightOf(node: TreeNode): number {
  return node.kind === 'scalar' ? nodeWeight + node.text.length : node.weight;
}

/** Levels of collections, this one included; 0 for a scalar. */
export function heightOf(node: TreeNode): number {
  return node.kind === 'scalar' ? 0 : node.height;
}

/** The value of a key, or undefined when it is absent or null: a null counts as not given. */
export function valueAt(map: MapNode, key: string): TreeNode | undefined {
  const value = map.entries.get(key)?.value;
  return value === undefined || isNull(value) ? undefined : value;
}

export function isNull(node: TreeNode): boolean {
  return node.kind === 'scalar' && node.type === 'null';
}

export function isString(node: TreeNode): node is ScalarNode {
  return node.kind === 'scalar' && node.type === 'string';
}

/** An empty map that stands at `place`; `setEntry` fills it. */
export function newMap(place: Place): MapNode {
  const { file, line, column } = place;
  return { kind: 'map', entries: new Map<string, MapEntry>(), weight: nodeWeight, height: 1, file, line, column };
}

/** Sets a key; only for whoever has just made the map. The weight of a replaced value stays counted. */
export function setEntry(map: MapNode, key: ScalarNode, value: TreeNode): void {
  map.entries.set(key.text, { key, value });
  map.weight += weightOf(key) + weightOf(value);
  map.height = Math.max(map.height, 1 + heightOf(value));
}

/** A list with the given items that stands at `place`. */
export function newList(items: TreeNode[], place: Place): ListNode {
  let weight = nodeWeight;
  let height = 1;
  for (const item of items) {
    weight += weightOf(item);
    height = Math.max(height, 1 + heightOf(item));
  }
  const { file, line, column } = place;
  return { kind: 'list', items, weight, height, file, line, column };
}
