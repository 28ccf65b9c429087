import type { Findings } from '../findings.ts';
import { unsaidOfJob, type CompiledJob, type CompiledVariable, type JobWhen } from '../plan.ts';
import type { VariableChoice } from '../plan-size.ts';
import { isBlankValue, readBoolean, readStrings } from '../shapes.ts';
import { isString, valueAt } from '../yaml/tree.ts';
import type { MapEntry, MapNode, Place, ScalarNode, TreeNode } from '../yaml/tree.ts';
import { inheritAll, readInherit, readInheritable } from './defaults.ts';
import type { Inheritable } from './defaults.ts';
import { readNeeds } from './needs.ts';
import type { ReadNeed } from './needs.ts';
import { readScript } from './script.ts';
import { readVariables } from './variables.ts';

/** A compiled job whose stage is not looked up yet, and where its parts stand. */
export interface DraftJob {
  job: CompiledJob;
  place: Place;
  stagePlace: Place;
  needs: ReadNeed[];
  dependencyPlaces: Place[];
}

/** What jobs take from outside; `mergeVariables` puts a job's own variables over the global ones that it takes. */
export interface Surroundings {
  defaults: Inheritable;
  mergeVariables(takes: VariableChoice, own: CompiledVariable[], place: Place): CompiledVariable[];
}

const inheritableBefore = ['before_script'];
const inheritableAfter = ['after_script', 'image', 'services', 'tags', 'artifacts'];
const ownKeys = ['script', 'stage', 'variables', 'needs', 'dependencies', 'extends', 'allow_failure', 'when', 'start_in', 'inherit'];
const known = new Set([...inheritableBefore, ...inheritableAfter, ...ownKeys]);
const later = new Set(
  (
    'rules only except cache retry timeout parallel interruptible environment coverage resource_group trigger release ' +
    'id_tokens secrets pages publish hooks run inputs manual_confirmation identity dast_configuration'
  ).split(' '),
);
const noKeys: ReadonlySet<string> = new Set();
const exitCodes: ReadonlySet<string> = new Set(['exit_codes']);
const whens = ['on_success', 'on_failure', 'always', 'manual', 'delayed'] as const;
const longestName = 255;

/** A job (CI configuration 4). Returns null when errors were reported. */
export function readJob(entry: MapEntry, map: MapNode, surroundings: Surroundings, findings: Findings): DraftJob | null {
  const { key } = entry;
  const location = `jobs:${key.text === '' ? 'job' : key.text}`;
  const before = findings.count;
  const valid = checkJob(key, map, location, findings);
  const when = readWhen(map, location, findings);
  const dependencies = readDependencies(map, location, findings);
  const allowFailure = readAllowFailure(map, location, findings);
  const startInValid = checkStartIn(map, location, findings);
  if (!valid || when === null || dependencies === false || allowFailure === null || !startInValid) return null;
  if (map.entries.has('trigger')) return null;

  const stage = valueAt(map, 'stage');
  if (stage && !isString(stage)) findings.add(`${location}:stage`, 'config should be a string', stage);
  const variablesNode = valueAt(map, 'variables');
  const own = variablesNode ? readVariables(variablesNode, `${location}:variables`, findings, 'job').variables : [];
  const inheritNode = valueAt(map, 'inherit');
  const inherit = inheritNode ? readInherit(inheritNode, `${location}:inherit`, findings) : inheritAll;
  const values: Inheritable = {};
  readGiven(values, inheritableBefore, map, location, findings);
  const scriptNode = valueAt(map, 'script');
  const script = scriptNode ? readScript(scriptNode, `${location}:script`, findings) : [];
  readGiven(values, inheritableAfter, map, location, findings);
  const needsNode = valueAt(map, 'needs');
  const needs = needsNode ? readNeeds(needsNode, `${location}:needs`, findings) : null;
  checkDependenciesAreNeeded(dependencies, needs, location, findings);
  if (findings.count > before) return null;

  const { defaults, mergeVariables } = surroundings;
  const take = <K extends keyof Inheritable>(name: string, property: K) =>
    values[property] ?? (!valueAt(map, name) && inherit.takesDefault(name) ? defaults[property] : undefined);
  return {
    place: key,
    stagePlace: stage ?? key,
    needs: needs ?? [],
    dependencyPlaces: dependencies?.map(({ place }) => place) ?? [],
    job: {
      name: key.text,
      stage: stage && isString(stage) ? stage.text : 'test',
      stageIndex: -1,
      script,
      beforeScript: take('before_script', 'beforeScript') ?? [],
      afterScript: take('after_script', 'afterScript') ?? [],
      image: take('image', 'image') ?? null,
      services: take('services', 'services') ?? [],
      variables: mergeVariables(inherit.variables, own, key),
      tags: take('tags', 'tags') ?? [],
      when,
      allowFailure: allowFailure ?? when === 'manual',
      needs: needs?.map(({ need }) => need) ?? null,
      dependencies: dependencies?.map(({ name }) => name) ?? null,
      artifacts: take('artifacts', 'artifacts') ?? null,
      ...unsaidOfJob,
    },
  };
}

/** The checks of the job as a whole. While one of them fails GitLab does not look into its keywords, so neither do we. */
function checkJob(key: ScalarNode, map: MapNode, location: string, findings: Findings): boolean {
  const before = findings.count;
  if (key.text.trim() === '') findings.add(location, "name can't be blank", key);
  if (key.type !== 'string') findings.add(location, 'name should be a symbol', key);
  if (Array.from(key.text).length > longestName) findings.add(location, `name is too long (maximum is ${longestName} characters)`, key);
  checkTogether(map, ['script', 'trigger'], location, findings);
  checkTogether(map, ['run', 'trigger'], location, findings);
  const bases = valueAt(map, 'extends');
  if (bases && !isString(bases) && !readStrings(bases)) {
    findings.add(location, 'extends should be an array of strings or a string', bases);
  }
  const problems = findings.count - before;
  const keysKnown = findings.checkKeys(location, map, known, later);
  checkTogether(map, ['script', 'run'], location, findings);
  const script = map.entries.get('script');
  const scriptMissing = isBlankValue(script?.value) && !map.entries.has('run') && !map.entries.has('trigger');
  if (scriptMissing) findings.add(location, "script can't be blank", script?.value ?? key);
  return problems === 0 && keysKnown && !scriptMissing;
}

function checkTogether(map: MapNode, keys: string[], location: string, findings: Findings): void {
  const given = [...map.entries.values()].filter((entry) => keys.includes(entry.key.text));
  if (given.length < 2 || !given[1]) return;
  findings.add(location, `config these keys cannot be used together: ${keys.join(', ')}`, given[1].key);
}

function readGiven(values: Inheritable, keys: string[], map: MapNode, location: string, findings: Findings): void {
  for (const key of keys) {
    const node = valueAt(map, key);
    if (node) readInheritable(values, key, node, `${location}:${key}`, findings);
  }
}

/** `when`; null when it was refused. */
function readWhen(map: MapNode, location: string, findings: Findings): JobWhen | null {
  const node = valueAt(map, 'when');
  if (!node) return 'on_success';
  const when = isString(node) ? whens.find((known) => known === node.text) : undefined;
  if (when && when !== 'delayed') return when;
  if (when) findings.unsupported(location, 'when: delayed', node);
  else findings.add(location, `when should be one of: ${whens.join(', ')}`, node);
  return null;
}

function checkStartIn(map: MapNode, location: string, findings: Findings): boolean {
  const node = valueAt(map, 'start_in');
  const when = valueAt(map, 'when');
  if (!node || isBlankValue(node) || (when && isString(when) && when.text === 'delayed')) return true;
  findings.add(location, 'start in must be blank', node);
  return false;
}

/** Undefined when it is not given; null when it was refused. */
function readAllowFailure(map: MapNode, location: string, findings: Findings): boolean | null | undefined {
  const node = valueAt(map, 'allow_failure');
  if (!node) return undefined;
  if (node.kind === 'map') {
    findings.checkKeys(`${location}:allow_failure`, node, noKeys, exitCodes);
    if (!valueAt(node, 'exit_codes')) findings.add(`${location}:allow_failure`, "exit codes can't be blank", node);
    return null;
  }
  const value = readBoolean(node);
  if (value === null) findings.add(location, 'allow failure should be a hash or a boolean value', node);
  return value;
}

interface Dependency {
  name: string;
  place: Place;
}

/** Null when it is not given; false when it was refused. */
function readDependencies(map: MapNode, location: string, findings: Findings): Dependency[] | null | false {
  const node = valueAt(map, 'dependencies');
  if (!node) return null;
  const names = readStrings(node);
  if (names && node.kind === 'list') return node.items.map((item: TreeNode, index) => ({ name: names[index] ?? '', place: item }));
  findings.add(location, 'dependencies should be an array of strings', node);
  return false;
}

function checkDependenciesAreNeeded(
  dependencies: Dependency[] | null,
  needs: ReadNeed[] | null,
  location: string,
  findings: Findings,
): void {
  if (!dependencies || !needs || needs.length === 0) return;
  const needed = new Set(needs.map(({ need }) => need.job));
  const missing = dependencies.filter(({ name }) => !needed.has(name));
  if (!missing[0]) return;
  const names = missing.map(({ name }) => name).join(', ');
  findings.add(location, `dependencies the ${names} should be part of needs`, missing[0].place);
}
