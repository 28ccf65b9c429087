import { parseDuration } from '../../lib/duration.ts';
import type { Findings } from '../findings.ts';
import type { CompiledArtifacts } from '../plan.ts';
import { readBoolean, readStrings } from '../shapes.ts';
import { isString, valueAt } from '../yaml/tree.ts';
import type { MapNode, TreeNode } from '../yaml/tree.ts';

const known = new Set(['name', 'untracked', 'paths', 'exclude', 'when', 'expire_in']);
const later = new Set(['reports', 'expose_as', 'public', 'access']);
const whens = ['on_success', 'on_failure', 'always'] as const;

/** `artifacts` (CI configuration 5.2); null when it names nothing to keep. */
export function readArtifacts(node: TreeNode, location: string, findings: Findings): CompiledArtifacts | null {
  if (node.kind !== 'map') {
    findings.add(location, 'config should be a hash', node);
    return null;
  }
  findings.checkKeys(location, node, known, later);
  const name = valueAt(node, 'name');
  if (name && !isString(name)) findings.add(location, 'name should be a string', name);
  const untrackedNode = valueAt(node, 'untracked');
  const untracked = untrackedNode ? readBoolean(untrackedNode) : false;
  if (untrackedNode && untracked === null) findings.add(location, 'untracked should be a boolean value', untrackedNode);
  const paths = optionalStrings(node, 'paths', location, findings);
  const exclude = optionalStrings(node, 'exclude', location, findings);
  const when = readWhen(node, location, findings);
  const expiry = readExpiry(node, location, findings);
  if (paths.length === 0 && untracked !== true) return null;
  return { name: name && isString(name) ? name.text : null, paths, exclude, untracked: untracked === true, when, ...expiry };
}

function optionalStrings(map: MapNode, key: string, location: string, findings: Findings): string[] {
  const node = valueAt(map, key);
  if (!node) return [];
  const texts = readStrings(node);
  if (!texts) findings.add(location, `${key} should be an array of strings`, node);
  return texts ?? [];
}

function readWhen(map: MapNode, location: string, findings: Findings): CompiledArtifacts['when'] {
  const node = valueAt(map, 'when');
  if (!node) return 'on_success';
  const when = isString(node) ? whens.find((known) => known === node.text) : undefined;
  if (!when) findings.add(location, `when should be one of: ${whens.join(', ')}`, node);
  return when ?? 'on_success';
}

function readExpiry(map: MapNode, location: string, findings: Findings): Pick<CompiledArtifacts, 'expireIn' | 'expireInSeconds'> {
  const node = valueAt(map, 'expire_in');
  if (!node) return { expireIn: null, expireInSeconds: null };
  const isText = node.kind === 'scalar' && (node.type === 'string' || node.type === 'integer');
  if (isText && node.text === 'never') return { expireIn: 'never', expireInSeconds: null };
  const seconds = isText ? parseDuration(node.text) : null;
  if (seconds === null) findings.add(location, 'expire in should be a duration', node);
  return { expireIn: isText ? node.text : null, expireInSeconds: seconds };
}
