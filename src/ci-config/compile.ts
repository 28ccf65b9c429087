/** The compiler of `.gitlab-ci.yml`: one function from text to plan, in the order of steps of CI configuration 1. */
import { dump } from './dump.ts';
import { resolveExtends } from './extends.ts';
import { Findings } from './findings.ts';
import { readDefaults } from './keywords/defaults.ts';
import type { DraftJob } from './keywords/job.ts';
import { looksLikeJob, readJobs } from './keywords/jobs.ts';
import { readStages, withEdgeStages } from './keywords/stages.ts';
import { readVariables } from './keywords/variables.ts';
import { orderJobs } from './job-order.ts';
import { parse } from './parse.ts';
import { PlanSize } from './plan-size.ts';
import type { Compiled, Plan } from './plan.ts';
import { resolveReferences } from './reference.ts';
import { Stop, unsupportedText } from './stop.ts';
import { valueAt } from './yaml/tree.ts';
import type { MapEntry, MapNode } from './yaml/tree.ts';

/**
 * Compiles a configuration: bytes or text of the file in, a plan or errors out; never throws for bad input.
 *
 * Problems of the document (YAML, include, extends, references) and of jobs with each other (stages, needs) end the
 * compilation with one error; problems of keywords come all together. Arrays in the plan may be shared between its jobs:
 * read it, store it, do not change it. `file` is the name that errors carry.
 */
export function compile(source: string | Uint8Array, options: { file: string }): Compiled {
  const findings = new Findings();
  try {
    const document = mergeDocument(source, options.file);
    const plan = readPlan(document, findings);
    if (!plan) return { ok: false, errors: findings.finish(), warnings: [] };
    return succeed(plan, document);
  } catch (error) {
    if (error instanceof Stop) return { ok: false, errors: [error.error], warnings: [] };
    throw error;
  }
}

/** Only a lint shows the merged document, so it is written out when it is asked for. */
function succeed(plan: Plan, document: MapNode): Compiled {
  let text: string | undefined;
  return {
    ok: true,
    plan,
    warnings: [],
    get mergedYaml() {
      text ??= dump(document);
      return text;
    },
  };
}

/** Steps 1 to 7: the document with everything merged into it. */
function mergeDocument(source: string | Uint8Array, file: string): MapNode {
  const { tree, hasReferences } = parse(source, file);
  const include = tree.entries.get('include');
  if (include && valueAt(tree, 'include')) throw new Stop(`root ${unsupportedText('include')}`, 'unsupported', include.key);
  const extended = resolveExtends(tree);
  const resolved = hasReferences ? resolveReferences(extended) : extended;
  const stages = resolved.entries.get('stages');
  if (stages?.value.kind !== 'list' || stages.value.items.length === 0) return resolved;
  const entries = new Map<string, MapEntry>(resolved.entries);
  entries.set('stages', { key: stages.key, value: withEdgeStages(stages.value) });
  return { ...resolved, entries };
}

/** Steps 8 to 10; undefined when there are findings. */
function readPlan(document: MapNode, findings: Findings): Plan | undefined {
  for (const key of ['cache', 'workflow']) {
    const entry = document.entries.get(key);
    if (entry && valueAt(document, key) && (key === 'cache' || !looksLikeJob(entry))) findings.unsupported('root', key, entry.key);
  }
  const defaultEntry = document.entries.get('default');
  const defaultNode = defaultEntry && !looksLikeJob(defaultEntry) ? valueAt(document, 'default') : undefined;
  const defaults = readDefaults(document, defaultNode, findings);
  const variablesNode = valueAt(document, 'variables');
  const { variables, help } = variablesNode ? readVariables(variablesNode, 'variables', findings, 'global') : { variables: [], help: {} };
  const stages = readStages(valueAt(document, 'stages'), findings);
  const size = new PlanSize(variables);
  const surroundings = { defaults, mergeVariables: size.mergeVariables.bind(size) };
  const drafts = readJobs(document, surroundings, findings);
  if (findings.count > 0) return undefined;
  measure(drafts, size);
  return { stages, jobs: orderJobs(drafts, stages), variables, variableHelp: help };
}

function measure(drafts: DraftJob[], size: PlanSize): void {
  for (const { job, place } of drafts) size.add(job, place);
}
