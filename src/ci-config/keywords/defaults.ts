/** `default`, the same keys at the top level, and `inherit` (CI configuration 6). */
import type { Findings } from '../findings.ts';
import type { CompiledArtifacts, CompiledImage } from '../plan.ts';
import type { VariableChoice } from '../plan-size.ts';
import { readBoolean, readStrings } from '../shapes.ts';
import { Stop } from '../stop.ts';
import { valueAt } from '../yaml/tree.ts';
import type { MapNode, TreeNode } from '../yaml/tree.ts';
import { readArtifacts } from './artifacts.ts';
import { readImage, readServices } from './image.ts';
import { readScript } from './script.ts';
import { readTags } from './tags.ts';

/** The values that a job can take from `default` or the top level; absent: not given there, or not taken. */
export interface Inheritable {
  beforeScript?: string[];
  image?: CompiledImage | null;
  services?: CompiledImage[];
  afterScript?: string[];
  tags?: string[];
  artifacts?: CompiledArtifacts | null;
}

const topLevelKeys = ['before_script', 'image', 'services', 'after_script'];
const keys = [...topLevelKeys, 'tags', 'artifacts'];
const later = new Set(['cache', 'hooks', 'id_tokens', 'identity', 'interruptible', 'retry', 'timeout']);
const keySet = new Set(keys);
const allKeys = new Set([...keys, ...later]);
const inheritKeys = new Set(['default', 'variables']);

/**
 * The values that jobs inherit. Throws `Stop` for a key that stands both at the top level and under `default`.
 * `defaultNode` is undefined when there is no `default`.
 */
export function readDefaults(document: MapNode, defaultNode: TreeNode | undefined, findings: Findings): Inheritable {
  const own = defaultNode ? readDefaultMap(defaultNode, findings) : undefined;
  const values: Inheritable = {};
  for (const key of keys) {
    const inside = own && valueAt(own, key);
    const outside = topLevelKeys.includes(key) ? valueAt(document, key) : undefined;
    if (inside && outside) throw new Stop(`${key} is defined in top-level and \`default:\` entry`, 'keyword', outside);
    if (inside) readInheritable(values, key, inside, `default:${key}`, findings);
    else if (outside) readInheritable(values, key, outside, key, findings);
  }
  return values;
}

function readDefaultMap(node: TreeNode, findings: Findings): MapNode | undefined {
  if (node.kind === 'map') return findings.checkKeys('default', node, keySet, later) ? node : undefined;
  findings.add('default', 'config should be a hash', node);
  return undefined;
}

/** Reads one inheritable key into `values`; of `default`, the top level or a job alike. */
export function readInheritable(values: Inheritable, key: string, node: TreeNode, location: string, findings: Findings): void {
  if (key === 'before_script') values.beforeScript = readScript(node, location, findings);
  else if (key === 'after_script') values.afterScript = readScript(node, location, findings);
  else if (key === 'image') values.image = readImage(node, location, findings);
  else if (key === 'services') values.services = readServices(node, location, findings);
  else if (key === 'tags') values.tags = readTags(node, location, findings);
  else values.artifacts = readArtifacts(node, location, findings);
}

/** Which inheritable keys and which global variables a job takes. */
export interface Inheritance {
  takesDefault(key: string): boolean;
  variables: VariableChoice;
}

export const inheritAll: Inheritance = { takesDefault: () => true, variables: 'all' };

/** `inherit`: `default` and `variables`, each true, false or a list of names. */
export function readInherit(node: TreeNode, location: string, findings: Findings): Inheritance {
  if (node.kind !== 'map') {
    findings.add(location, 'config should be a hash', node);
    return inheritAll;
  }
  if (!findings.checkKeys(location, node, inheritKeys)) return inheritAll;
  const takesDefault = readChoice(valueAt(node, 'default'), `${location}:default`, findings, allKeys);
  const takesVariable = readChoice(valueAt(node, 'variables'), `${location}:variables`, findings);
  return { takesDefault, variables: takesVariable === yes ? 'all' : takesVariable };
}

const yes = () => true;
const no = () => false;

function readChoice(
  node: TreeNode | undefined,
  location: string,
  findings: Findings,
  allowed?: ReadonlySet<string>,
): (name: string) => boolean {
  const choice = node ? readBoolean(node) : true;
  if (!node || choice !== null) return choice ? yes : no;
  const names = readStrings(node);
  if (!names) {
    findings.add(location, 'should be a bool or array of strings', node);
    return yes;
  }
  const unknown = allowed ? names.filter((name) => !allowed.has(name)) : [];
  if (unknown.length > 0) findings.add(location, `config contains unknown values: ${unknown.join(', ')}`, node);
  const taken = new Set(names);
  return (name) => taken.has(name);
}
