import type { Findings } from '../findings.ts';
import { nestedTexts, readNestedStrings } from '../shapes.ts';
import { isString, newList } from '../yaml/tree.ts';
import type { ListNode, ScalarNode, TreeNode } from '../yaml/tree.ts';

const first = '.pre';
const last = '.post';
const defaultStages = [first, 'build', 'test', 'deploy', last];

/** The stages of the pipeline: those of the configuration between `.pre` and `.post`. */
export function readStages(node: TreeNode | undefined, findings: Findings): string[] {
  if (!node) return defaultStages;
  const stages = readNestedStrings(node);
  if (!stages) {
    findings.add('stages', `config ${nestedTexts.only}`, node);
    return defaultStages;
  }
  return [first, ...new Set(stages.filter((stage) => stage !== first && stage !== last)), last];
}

/** `stages` with `.pre` and `.post` at its ends, as the merged configuration shows it. */
export function withEdgeStages(list: ListNode): ListNode {
  const inner = list.items.filter((item) => !(isString(item) && (item.text === first || item.text === last)));
  return newList([edge(first, list), ...inner, edge(last, list)], list);
}

function edge(text: string, list: ListNode): ScalarNode {
  return { kind: 'scalar', type: 'string', text, file: list.file, line: list.line, column: list.column };
}
