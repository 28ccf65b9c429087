import type { Findings } from '../findings.ts';
import type { CompiledVariable, VariableHelp } from '../plan.ts';
import { readBoolean, readScalar, readStrings } from '../shapes.ts';
import { valueAt } from '../yaml/tree.ts';
import type { MapNode, Place, ScalarNode, TreeNode } from '../yaml/tree.ts';

/** Where variables stand decides what a map may say of one: everything, `value` and `expand`, or no map at all. */
export type VariableForm = 'global' | 'job' | 'none';

const dataKeys: Record<VariableForm, ReadonlySet<string>> = {
  global: new Set(['value', 'description', 'expand', 'options']),
  job: new Set(['value', 'expand']),
  none: new Set(),
};

/** Variables in document order, and what a prefill of them says. */
export interface ReadVariables {
  variables: CompiledVariable[];
  help: Record<string, VariableHelp>;
}

/** `variables`: a map of names to scalars or maps; values become text, null becomes empty (CI configuration 10.2). */
export function readVariables(node: TreeNode, location: string, findings: Findings, form: VariableForm): ReadVariables {
  const read: ReadVariables = { variables: [], help: {} };
  if (node.kind !== 'map') {
    findings.add(location, 'config should be a hash', node);
    return read;
  }
  for (const { key, value } of node.entries.values()) {
    if (value.kind === 'map') readComplex(key, value, location, findings, form, read);
    else readSimple(key, value, location, findings, read);
  }
  return read;
}

function checkName(key: ScalarNode, location: string, findings: Findings): void {
  if (key.type === 'string' || key.type === 'integer') return;
  findings.add(`${location}:${key.text}`, 'key must be an alphanumeric string', key);
}

function readSimple(key: ScalarNode, node: TreeNode, location: string, findings: Findings, read: ReadVariables): void {
  const value = node.kind === 'scalar' && node.type === 'null' ? '' : readScalar(node);
  if (value === null) {
    findings.addBare('variable definition must be either a string or a hash', node);
    return;
  }
  checkName(key, location, findings);
  read.variables.push({ key: key.text, value, raw: false });
}

function readComplex(key: ScalarNode, map: MapNode, location: string, findings: Findings, form: VariableForm, read: ReadVariables): void {
  checkName(key, location, findings);
  const report = (text: string, place: Place) => findings.add(`${location}:${key.text}`, text, place);
  const value = valueAt(map, 'value');
  const text = value ? readScalar(value) : '';
  if (value && text === null) report('config value must be a scalar', value);
  const description = valueAt(map, 'description');
  const described = description?.kind === 'scalar' && (description.type === 'string' || description.type === 'integer');
  if (description && !described) report('config description must be an alphanumeric string', description);
  const expand = valueAt(map, 'expand');
  const expanded = expand ? readBoolean(expand) : true;
  if (expand && expanded === null) report('config expand should be a boolean value', expand);
  const optionList = valueAt(map, 'options');
  const options = optionList ? readStrings(optionList) : null;
  if (optionList && !options) report('config options should be an array of strings', optionList);
  const extra = [...map.entries.values()].filter((entry) => !dataKeys[form].has(entry.key.text));
  if (form === 'none') report('config must be a string', map);
  else if (extra[0]) report(`config uses invalid data keys: ${extra.map((entry) => entry.key.text).join(', ')}`, extra[0].key);
  if (options && options.length > 0 && (value?.kind !== 'scalar' || value.type !== 'string' || !options.includes(value.text))) {
    report('config value must be present in options', value ?? map);
  }
  read.variables.push({ key: key.text, value: text ?? '', raw: expanded === false });
  if (description || options) {
    Object.defineProperty(read.help, key.text, {
      value: { description: description?.kind === 'scalar' ? description.text : null, options },
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}
