import type { Findings } from '../findings.ts';
import type { CompiledImage } from '../plan.ts';
import { isBlankValue, readStrings } from '../shapes.ts';
import { isString, valueAt } from '../yaml/tree.ts';
import type { MapNode, TreeNode } from '../yaml/tree.ts';
import { readVariables } from './variables.ts';

/** Of GitLab's web terminals alone: it refuses the key in a configuration with a text of its own. */
const portsKey = 'ports';
const imageKeys = new Set(['name', 'entrypoint', 'pull_policy', 'docker', 'kubernetes', portsKey]);
const serviceKeys = new Set([...imageKeys, 'command', 'alias', 'variables']);

/** `image`: a name or a map (CI configuration 5.1). */
export function readImage(node: TreeNode, location: string, findings: Findings): CompiledImage | null {
  if (isString(node)) return readName(node, location, findings);
  if (node.kind === 'map') return readMap(node, location, findings, imageKeys);
  findings.add(location, 'config should be a hash or a string', node);
  return null;
}

/** `services`: a list of names and maps (CI configuration 5.1). */
export function readServices(node: TreeNode, location: string, findings: Findings): CompiledImage[] {
  if (node.kind !== 'list') {
    findings.add(location, 'config should be a array', node);
    return [];
  }
  const services: CompiledImage[] = [];
  for (const item of node.items) {
    const service = readService(item, `${location}:service`, findings);
    if (service) services.push(service);
  }
  return services;
}

function readService(node: TreeNode, location: string, findings: Findings): CompiledImage | null {
  if (isString(node)) return readName(node, location, findings);
  if (node.kind !== 'map') {
    findings.add(location, 'config should be a hash or a string', node);
    return null;
  }
  const before = findings.count;
  const image = readMap(node, location, findings, serviceKeys);
  const command = optionalStrings(node, 'command', location, findings);
  const alias = valueAt(node, 'alias');
  if (alias && !isString(alias)) findings.add(location, 'alias should be a string', alias);
  if (!image || findings.count > before) return null;
  const variables = valueAt(node, 'variables');
  const read = variables ? readVariables(variables, `${location}:variables`, findings, 'none').variables : [];
  return {
    ...image,
    command,
    alias: alias && isString(alias) ? alias.text : null,
    variables: Object.fromEntries(read.map(({ key, value }) => [key, value])),
  };
}

function readName(node: TreeNode, location: string, findings: Findings): CompiledImage | null {
  if (node.kind !== 'scalar' || node.text.trim() === '') {
    findings.add(location, "name can't be blank", node);
    return null;
  }
  return emptyImage(node.text);
}

function emptyImage(name: string): CompiledImage {
  return { name, entrypoint: null, command: null, alias: null, pullPolicy: null, variables: {}, docker: null, kubernetes: null };
}

function readMap(map: MapNode, location: string, findings: Findings, known: ReadonlySet<string>): CompiledImage | null {
  const before = findings.count;
  const ports = map.entries.get(portsKey);
  if (ports) findings.add(location, `config contains disallowed keys: ${portsKey}`, ports.key);
  const name = valueAt(map, 'name');
  if (name && !isString(name)) findings.add(location, 'name should be a string', name);
  else if (!name || isBlankValue(name)) findings.add(location, "name can't be blank", name ?? map);
  const entrypoint = optionalStrings(map, 'entrypoint', location, findings);
  const docker = readOptions(map, 'docker', dockerOptions, location, findings);
  const kubernetes = readOptions(map, 'kubernetes', kubernetesOptions, location, findings);
  findings.checkKeys(location, map, known);
  if (findings.count > before || !name || !isString(name)) return null;
  const policy = valueAt(map, 'pull_policy');
  const pullPolicy = policy ? readPullPolicy(policy, `${location}:pull_policy`, findings) : null;
  return { ...emptyImage(name.text), entrypoint, pullPolicy, docker, kubernetes };
}

function optionalStrings(map: MapNode, key: string, location: string, findings: Findings): string[] | null {
  const node = valueAt(map, key);
  const texts = node ? readStrings(node) : null;
  if (node && !texts) findings.add(location, `${key} should be an array of strings`, node);
  return texts;
}

interface Option {
  integer: boolean;
  longest: number;
}

const dockerOptions = { platform: { integer: false, longest: 64 }, user: { integer: false, longest: 255 } };
const kubernetesOptions = { user: { integer: true, longest: 255 } };

/** `docker` and `kubernetes`: a map of short texts. An agent fails the job when it meets a key that it does not know. */
function readOptions<Name extends string>(
  map: MapNode,
  key: string,
  options: Record<Name, Option>,
  location: string,
  findings: Findings,
): Partial<Record<Name, string>> | null {
  const node = valueAt(map, key);
  if (!node) return null;
  const report = (path: string, expected: string, at: TreeNode) =>
    findings.add(location, `executor opts '/${path}' must be a valid '${expected}'`, at);
  if (node.kind !== 'map') {
    report(key, 'object', node);
    return null;
  }
  const read: Partial<Record<Name, string>> = {};
  for (const { key: name, value } of node.entries.values()) {
    const path = `${key}/${name.text}`;
    const option = Object.entries<Option>(options).find(([known]) => known === name.text);
    if (!option) report(path, 'schema', name);
    else if (value.kind !== 'scalar' || !(value.type === 'string' || (value.type === 'integer' && option[1].integer)))
      report(path, 'string', value);
    else if (value.text === '') report(path, 'minLength', value);
    else if (value.text.length > option[1].longest) report(path, 'maxLength', value);
    else read[option[0] as Name] = value.text;
  }
  return read;
}

const pullPolicies = ['always', 'never', 'if-not-present'];

function readPullPolicy(node: TreeNode, location: string, findings: Findings): string[] | null {
  if (isString(node)) {
    if (pullPolicies.includes(node.text)) return [node.text];
    findings.add(location, 'config is not included in the list', node);
    return null;
  }
  const policies = readStrings(node);
  if (!policies) {
    findings.add(location, 'config should be an array of strings or a string', node);
    return null;
  }
  const unknown = policies.filter((policy) => !pullPolicies.includes(policy));
  if (unknown.length > 0) findings.add(location, `config contains unknown values: ${unknown.join(', ')}`, node);
  if (policies.length === 0) findings.add(location, "config can't be blank", node);
  return policies;
}
