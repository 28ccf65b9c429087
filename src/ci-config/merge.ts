/** Deep merging of maps, and the budget that keeps a small file from becoming a huge document. */
import { Stop } from './stop.ts';
import { newMap, setEntry, weightOf } from './yaml/tree.ts';
import type { MapEntry, MapNode, Place } from './yaml/tree.ts';

/** Keys that all merges of one document may copy. */
const mostKeys = 1_000_000;

/** What a merged document may weigh with everything that its parts share written out. */
export const largestDocument = 64 * 1024 * 1024;

/** Counts what merging one document costs; throws `Stop` when it is more than any real configuration needs. */
export class MergeBudget {
  #keys = 0;
  #weight = 0;

  copy(keys: number, place: Place): void {
    this.#keys += keys;
    if (this.#keys > mostKeys) throw tooBig(place);
  }

  /** Adds the weight of a finished part of the document and returns it. */
  weigh(entry: MapEntry): number {
    const weight = weightOf(entry.key) + weightOf(entry.value);
    this.#weight += weight;
    if (this.#weight > largestDocument) throw tooBig(entry.key);
    return weight;
  }
}

function tooBig(place: Place): Stop {
  return new Stop(
    `The merged configuration is too big: with \`extends\` and \`!reference\` resolved it may have ${largestDocument} bytes`,
    'extends',
    place,
  );
}

/**
 * `over` merged into `base`, key by key at every depth; whatever is not a map on both sides is replaced, also by null.
 * Keys of `base` come first. Neither is changed.
 */
export function mergeMaps(base: MapNode, over: MapNode, budget: MergeBudget): MapNode {
  budget.copy(base.entries.size + over.entries.size, over);
  const merged = newMap(over);
  for (const entry of base.entries.values()) {
    if (!over.entries.has(entry.key.text)) setEntry(merged, entry.key, entry.value);
    else merged.entries.set(entry.key.text, entry);
  }
  for (const entry of over.entries.values()) {
    const below = base.entries.get(entry.key.text)?.value;
    const value = below?.kind === 'map' && entry.value.kind === 'map' ? mergeMaps(below, entry.value, budget) : entry.value;
    setEntry(merged, entry.key, value);
  }
  return merged;
}
