/** What is checked only when a pipeline is created (CI configuration 1, step 11): a check of the file alone allows it. */
import type { ConfigError, Plan } from './plan.ts';

/** Needs that one job may list. */
const mostNeeds = 50;

/** Why no pipeline can be made from the plan; empty when it can. `file` is the name that the errors carry. */
export function creationErrors(plan: Plan, file: string): ConfigError[] {
  const errors: string[] = [];
  for (const { name, needs } of plan.jobs) {
    const count = needs?.length ?? 0;
    if (count <= mostNeeds) continue;
    errors.push(
      `${name}: one job can only need ${mostNeeds} others, but you have listed ${count}. See needs keyword documentation for more details`,
    );
  }
  const last = plan.stages.length - 1;
  if (plan.jobs.every((job) => job.stageIndex === 0 || job.stageIndex === last)) {
    errors.push('The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs.');
  }
  return errors.map((message) => ({ message, file, line: null, column: null, kind: 'logical' }));
}
