/** `!reference [a, b]`: each becomes the value at its path in the document (CI configuration 7.3). */
import { largestDocument } from './merge.ts';
import { treeLimits } from './parse.ts';
import { Stop } from './stop.ts';
import { isNull, isString, newList, newMap, setEntry } from './yaml/tree.ts';
import type { MapNode, ReferenceNode, TreeNode } from './yaml/tree.ts';

/** References that may lead to one another before a value comes. */
const longestChain = 20;

/**
 * The document without references. What a reference leads to may hold references itself; a list that stands in for an
 * item of a list stays a list inside it. Throws `Stop` for the first reference that leads nowhere or in a circle.
 */
export function resolveReferences(document: MapNode): MapNode {
  const resolved = new Resolver(document).resolve(document);
  if (resolved.kind !== 'map') return document;
  if (resolved.weight > largestDocument || resolved.height > treeLimits.depth) {
    throw new Stop('The merged configuration is too big: its references repeat too much', 'reference', document);
  }
  return resolved;
}

class Resolver {
  #document: MapNode;
  #done = new Map<TreeNode, TreeNode>();
  #open = new Set<ReferenceNode>();

  constructor(document: MapNode) {
    this.#document = document;
  }

  resolve(node: TreeNode): TreeNode {
    if (node.kind === 'scalar') return node;
    const known = this.#done.get(node);
    if (known) return known;
    const resolved = this.#resolveNew(node);
    this.#done.set(node, resolved);
    return resolved;
  }

  #resolveNew(node: Exclude<TreeNode, { kind: 'scalar' }>): TreeNode {
    if (node.kind === 'reference') return this.#follow(node);
    if (node.kind === 'list') {
      const items = node.items.map((item) => this.resolve(item));
      return items.every((item, index) => item === node.items[index]) ? node : newList(items, node);
    }
    const map = newMap(node);
    let changed = false;
    for (const { key, value } of node.entries.values()) {
      const resolved = this.resolve(value);
      changed ||= resolved !== value;
      setEntry(map, key, resolved);
    }
    return changed ? map : node;
  }

  #follow(reference: ReferenceNode): TreeNode {
    const path = reference.items.map((item) => (item.kind === 'scalar' ? item.text : ''));
    if (path.length === 0 || !reference.items.every(isString)) throw new Stop(`${show(reference)} is not valid`, 'reference', reference);
    if (this.#open.has(reference)) throw new Stop(`${show(reference)} is part of a circular chain`, 'reference', reference);
    if (this.#open.size >= longestChain) throw new Stop(`${show(reference)} is nested too deep`, 'reference', reference);
    this.#open.add(reference);
    const resolved = this.resolve(this.#find(reference, path));
    this.#open.delete(reference);
    return resolved;
  }

  #find(reference: ReferenceNode, path: string[]): TreeNode {
    let node: TreeNode | undefined = this.#document;
    for (const name of path) {
      if (node?.kind === 'reference') node = this.resolve(node);
      node = node?.kind === 'map' ? node.entries.get(name)?.value : undefined;
    }
    if (!node || isNull(node)) throw new Stop(`${show(reference)} could not be found`, 'reference', reference);
    return node;
  }
}

/** As it is written, with quoted elements. */
function show(reference: ReferenceNode): string {
  const items = reference.items.map((item) => {
    if (item.kind !== 'scalar') return '…';
    return item.type === 'string' ? JSON.stringify(item.text) : item.text;
  });
  return `!reference [${items.join(', ')}]`;
}
