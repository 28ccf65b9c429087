import type { Findings } from '../findings.ts';
import type { CompiledNeed } from '../plan.ts';
import { readBoolean } from '../shapes.ts';
import { isString, valueAt } from '../yaml/tree.ts';
import type { MapNode, Place, TreeNode } from '../yaml/tree.ts';

const known = new Set(['job', 'artifacts', 'optional']);
const later = new Set(['parallel']);
/** Keys that make a need point outside the pipeline. */
const foreign = ['pipeline', 'project', 'ref'];

/** A need and where it stands. */
export interface ReadNeed {
  need: CompiledNeed;
  place: Place;
}

/** `needs`: a list of names, maps and such lists, or one map (CI configuration 9.2). */
export function readNeeds(node: TreeNode, location: string, findings: Findings): ReadNeed[] {
  if (node.kind !== 'list' && node.kind !== 'map') {
    findings.add(location, 'config can only be a hash or an array', node);
    return [];
  }
  const needs: ReadNeed[] = [];
  readItem(node, `${location}:need`, findings, needs);
  return needs;
}

function readItem(node: TreeNode, location: string, findings: Findings, needs: ReadNeed[]): void {
  if (node.kind === 'list') {
    for (const item of node.items) readItem(item, location, findings, needs);
    return;
  }
  const need = isString(node) ? readName(node.text, node, location, findings) : readMap(node, location, findings);
  if (need) needs.push({ need, place: node });
}

function readName(job: string, place: Place, location: string, findings: Findings): CompiledNeed | null {
  if (job.trim() !== '') return { job, artifacts: true, optional: false };
  findings.add(location, "config can't be blank", place);
  return null;
}

function readMap(node: TreeNode, location: string, findings: Findings): CompiledNeed | null {
  const outside = node.kind === 'map' ? foreign.map((key) => node.entries.get(key)).find((entry) => entry !== undefined) : undefined;
  if (outside) {
    findings.unsupported(location, outside.key.text, outside.key);
    return null;
  }
  if (node.kind !== 'map' || !node.entries.has('job')) {
    findings.add(location, 'has an unsupported type', node);
    return null;
  }
  const before = findings.count;
  findings.checkKeys(location, node, known, later);
  const job = valueAt(node, 'job');
  if (job && !isString(job)) findings.add(location, 'job should be a string', job);
  else if (!job || job.text.trim() === '') findings.add(location, "job can't be blank", job ?? node);
  const artifacts = readFlag(node, 'artifacts', true, location, findings);
  const optional = readFlag(node, 'optional', false, location, findings);
  return findings.count === before && job && isString(job) ? { job: job.text, artifacts, optional } : null;
}

function readFlag(map: MapNode, key: string, absent: boolean, location: string, findings: Findings): boolean {
  const node = valueAt(map, key);
  const value = node ? readBoolean(node) : absent;
  if (node && value === null) findings.add(location, `${key} should be a boolean value`, node);
  return value ?? absent;
}
