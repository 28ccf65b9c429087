import type { CompiledJob, Plan } from '../ci-config/plan.ts';
import { CircularReference, expandAll, expandWith, referencesOf, type Variable } from './expansion.ts';
import { creationVariables, type PipelineLayers } from './variables.ts';

/** What only shows when a pipeline is made from a plan (CI configuration 1, step 11); the errors as users see them. */
export class PlanRefused extends Error {
  override name = 'PlanRefused';
  readonly errors: string[];
  constructor(errors: string[]) {
    super(errors.join(', '));
    this.errors = errors;
  }
}

/** Needs of one job (CI configuration 17). */
const mostNeeds = 50;

/** What is wrong with the jobs that a pipeline would get (CI configuration 8.5, 9.2). */
export function planErrors(plan: Plan): string[] {
  // Jobs before and after everything make no pipeline on their own.
  if (plan.jobs.every((job) => job.stage === '.pre' || job.stage === '.post')) {
    return ['The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs.'];
  }
  const names = new Set(plan.jobs.map((job) => job.name));
  return plan.jobs.flatMap((job) => needErrors(job, names));
}

function needErrors({ name, needs }: CompiledJob, names: ReadonlySet<string>): string[] {
  if (needs === null) return [];
  if (needs.length > mostNeeds) {
    return [
      `${name}: one job can only need ${mostNeeds} others, but you have listed ${needs.length}. See needs keyword documentation for more details`,
    ];
  }
  return needs
    .filter((need) => !need.optional && !names.has(need.job))
    .map(
      (need) =>
        `'${name}' job needs '${need.job}' job, but '${need.job}' does not exist in the pipeline. ` +
        'This might be because of the only, except, or rules keywords. ' +
        'To need a job that sometimes does not exist in the pipeline, use needs:optional.',
    );
}

/**
 * The jobs with the variables in their tags and in the names of their resources put in. Throws `PlanRefused` when variables of a job are defined through each
 * other in a circle. `layers` is asked only when there is something to expand.
 */
export function expandTags(jobs: readonly CompiledJob[], layers: () => PipelineLayers): CompiledJob[] {
  let known: PipelineLayers | null = null;
  const errors: string[] = [];
  const result = jobs.map((job) => {
    known ??= layers();
    const refers = [...job.tags, job.resourceGroup ?? ''].some((text) => referencesOf(text).length > 0);
    if (!refers && !refer(job.variables) && !refer(known.settings) && !refer(known.given)) return job;
    const variables = expandedOf(job, known, errors);
    if (variables === null || !refers) return job;
    const resourceGroup = job.resourceGroup === null ? null : expandWith(job.resourceGroup, variables);
    return { ...job, tags: [...new Set(job.tags.map((tag) => expandWith(tag, variables)))], resourceGroup };
  });
  if (errors.length > 0) throw new PlanRefused(errors);
  return result;
}

function refer(variables: readonly { value: string; raw: boolean }[]): boolean {
  return variables.some((variable) => !variable.raw && referencesOf(variable.value).length > 0);
}

function expandedOf(job: CompiledJob, layers: PipelineLayers, errors: string[]): Map<string, Variable> | null {
  try {
    return expandAll(creationVariables(layers, job, job.variables));
  } catch (error) {
    if (!(error instanceof CircularReference)) throw error;
    errors.push(`${job.name}: ${error.message}`);
    return null;
  }
}
