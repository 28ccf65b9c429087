import type { Findings } from '../findings.ts';
import { readNestedStrings } from '../shapes.ts';
import type { TreeNode } from '../yaml/tree.ts';

const limit = 50;

/** `tags`: fewer than 50 strings; lists inside the list come from references. */
export function readTags(node: TreeNode, location: string, findings: Findings): string[] {
  const tags = readNestedStrings(node);
  if (!tags) {
    findings.add(location, 'config should be an array of strings', node);
    return [];
  }
  if (tags.length >= limit) findings.add(location, `config must be less than the limit of ${limit} tags`, node);
  return tags;
}
