/** `extends`: every key of the document that names bases becomes their merge with itself (CI configuration 7.2). */
import { mergeMaps, MergeBudget } from './merge.ts';
import { Stop } from './stop.ts';
import { isNull } from './yaml/tree.ts';
import type { MapEntry, MapNode, ScalarNode } from './yaml/tree.ts';

/** A key whose own `extends` is followed may have this many keys above it that extend it, one after the other. */
const deepest = 10;

interface Extended {
  entry: MapEntry;
  /** How many keys of the chain below this one have bases themselves; -1 for a key without bases. */
  levels: number;
}

/**
 * The document with all `extends` resolved; the `extends` keys stay. Bases are merged in their order, the key itself wins.
 * Throws `Stop` for the first key, in document order, that cannot be resolved.
 */
export function resolveExtends(document: MapNode): MapNode {
  const resolver = new Resolver(document);
  const entries = new Map<string, MapEntry>();
  let weight = 0;
  let changed = false;
  for (const [name, entry] of document.entries) {
    const resolved = resolver.resolve(name, entry, 0).entry;
    changed ||= resolved !== entry;
    weight += resolver.weigh(resolved);
    entries.set(name, resolved);
  }
  return changed ? { ...document, entries, weight } : document;
}

class Resolver {
  #document: MapNode;
  #done = new Map<string, Extended>();
  #open = new Set<string>();
  #budget = new MergeBudget();

  constructor(document: MapNode) {
    this.#document = document;
  }

  weigh(entry: MapEntry): number {
    return this.#budget.weigh(entry);
  }

  resolve(name: string, entry: MapEntry, ancestors: number): Extended {
    const known = this.#done.get(name);
    if (known) {
      if (ancestors + known.levels > deepest) throw this.#tooDeep(name, ancestors);
      return known;
    }
    const { key, value } = entry;
    const bases = value.kind === 'map' ? baseNames(value) : [];
    if (value.kind !== 'map' || bases.length === 0) {
      const extended = { entry, levels: -1 };
      this.#done.set(name, extended);
      return extended;
    }
    this.#check(name, bases);
    if (ancestors > deepest) throw new Stop(`${name}: nesting too deep in \`extends\``, 'extends', key);
    if (this.#open.has(name)) throw new Stop(`${name}: circular dependency detected in \`extends\``, 'extends', key);
    this.#open.add(name);
    const extended = this.#merge(entry, value, bases, ancestors);
    this.#open.delete(name);
    this.#done.set(name, extended);
    return extended;
  }

  #merge(entry: MapEntry, value: MapNode, bases: ScalarNode[], ancestors: number): Extended {
    let merged: MapNode | undefined;
    let levels = 0;
    for (const base of bases) {
      const found = this.#document.entries.get(base.text);
      if (!found) continue;
      const extended = this.resolve(base.text, found, ancestors + 1);
      levels = Math.max(levels, extended.levels + 1);
      const map = extended.entry.value;
      if (map.kind === 'map') merged = merged ? mergeMaps(merged, map, this.#budget) : map;
    }
    return { entry: { key: entry.key, value: merged ? mergeMaps(merged, value, this.#budget) : value }, levels };
  }

  #check(name: string, bases: ScalarNode[]): void {
    const found = bases.map((base) => ({ base, value: this.#document.entries.get(base.text)?.value }));
    const unknown = found.filter(({ value }) => value === undefined);
    const invalid = found.filter(({ value }) => value !== undefined && value.kind !== 'map');
    for (const [wrong, text] of [
      [unknown, 'unknown keys'],
      [invalid, 'invalid base hashes'],
    ] as const) {
      const [first] = wrong;
      if (!first) continue;
      const list = wrong.map(({ base }) => base.text).join(', ');
      throw new Stop(`${name}: ${text} in \`extends\` (${list})`, 'extends', first.base);
    }
  }

  /** Follows the longest chain below `name` to the key that is too far down. */
  #tooDeep(name: string, ancestors: number): Stop {
    let at = name;
    for (let depth = ancestors; depth <= deepest; depth++) {
      const value = this.#document.entries.get(at)?.value;
      const levels = this.#done.get(at)?.levels ?? -1;
      const bases = value?.kind === 'map' ? baseNames(value) : [];
      at = bases.find((base) => this.#done.get(base.text)?.levels === levels - 1)?.text ?? at;
    }
    const place = this.#document.entries.get(at)?.key ?? this.#document;
    return new Stop(`${at}: nesting too deep in \`extends\``, 'extends', place);
  }
}

/** The names in `extends`. A value that is neither a scalar nor a list of scalars is left to the check of the job. */
function baseNames(map: MapNode): ScalarNode[] {
  const value = map.entries.get('extends')?.value;
  if (!value || isNull(value)) return [];
  const items = value.kind === 'list' ? value.items : [value];
  const scalars = items.filter((item) => item.kind === 'scalar');
  return scalars.length === items.length ? scalars : [];
}
