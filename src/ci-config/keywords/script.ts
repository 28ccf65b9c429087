import type { Findings } from '../findings.ts';
import { nestedTexts, readNestedStrings } from '../shapes.ts';
import { isString } from '../yaml/tree.ts';
import type { TreeNode } from '../yaml/tree.ts';

/** `script`, `before_script`, `after_script`: a string, or strings in lists up to ten deep; flattened to lines. */
export function readScript(node: TreeNode, location: string, findings: Findings): string[] {
  if (isString(node)) return [node.text];
  const lines = readNestedStrings(node);
  if (!lines) findings.add(location, `config ${nestedTexts.orText}`, node);
  return lines ?? [];
}
