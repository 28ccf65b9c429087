import { Type, type Static } from 'typebox';
import type { CompiledJob } from '../ci-config/plan.ts';
import { NullableString } from '../http/parameters.ts';

const Script = (description: string) => Type.Array(Type.String(), { description });

const LintedJob = Type.Object({
  name: Type.String({ description: 'Name of the job.' }),
  stage: Type.String({ description: 'Its stage.' }),
  before_script: Script('Lines that run first.'),
  script: Script('Lines of the job.'),
  after_script: Script('Lines that run last.'),
  tag_list: Type.Array(Type.String(), { description: 'Tags that a runner must have.' }),
  environment: NullableString({ description: 'Always null: configurations with `environment` are refused.' }),
  when: Type.String({ description: 'When it runs.' }),
  allow_failure: Type.Boolean({ description: 'Whether the pipeline goes on when it fails.' }),
  only: Type.Optional(Type.Unknown({ description: 'Refs that it runs for; not of a simulation.' })),
  except: Type.Optional(Type.Unknown({ description: 'Refs that it does not run for; not of a simulation.' })),
  needs: Type.Optional(
    Type.Union(
      [
        Type.Array(
          Type.Object({
            name: Type.String({ description: 'Name of the needed job.' }),
            artifacts: Type.Boolean({ description: 'Whether its archive is fetched.' }),
            optional: Type.Boolean({ description: 'Whether it may be absent.' }),
          }),
        ),
        Type.Null(),
      ],
      { description: 'Jobs that it waits for; not of a simulation.' },
    ),
  ),
});

/** What the check of a configuration says (CI configuration 16.1). */
export const LintReply = Type.Object({
  valid: Type.Boolean({ description: 'Whether a pipeline can be made from it.' }),
  errors: Type.Array(Type.String(), { description: 'What is wrong.' }),
  warnings: Type.Array(Type.String(), { description: 'What may be wrong; at most 25.' }),
  merged_yaml: NullableString({ description: 'The configuration after all merging; null when it cannot be merged.' }),
  includes: Type.Array(Type.Unknown(), { description: 'Included files; always empty: configurations with `include` are refused.' }),
  jobs: Type.Optional(Type.Array(LintedJob, { description: 'Its jobs, with `include_jobs`.' })),
});
export type LintReply = Static<typeof LintReply>;

/** What both ways of asking take. */
export const LintParameters = {
  dry_run: Type.Optional(Type.Boolean({ description: 'Also checks what only shows when a pipeline is made on the ref.', default: false })),
  include_jobs: Type.Optional(Type.Boolean({ description: 'Shows the jobs.', default: false })),
};

const mostWarnings = 25;

/** What a check has found. */
export interface LintResult {
  errors: readonly string[];
  warnings: readonly string[];
  mergedYaml: string | null;
  /** Null: they are not to be shown. */
  jobs: readonly CompiledJob[] | null;
  /** Whether the making of a pipeline was simulated. */
  simulated: boolean;
}

/** Findings → answer. */
export function presentLint({ errors, warnings, mergedYaml, jobs, simulated }: LintResult): LintReply {
  return {
    valid: errors.length === 0,
    errors: [...errors],
    warnings: warnings.slice(0, mostWarnings),
    merged_yaml: mergedYaml,
    includes: [],
    ...(jobs === null ? {} : { jobs: jobs.map((job) => presentLintedJob(job, simulated)) }),
  };
}

function presentLintedJob(job: CompiledJob, simulated: boolean): Static<typeof LintedJob> {
  return {
    name: job.name,
    stage: job.stage,
    before_script: job.beforeScript,
    script: job.script,
    after_script: job.afterScript,
    tag_list: job.tags,
    environment: null,
    when: job.when,
    allow_failure: job.allowFailure,
    ...(simulated
      ? {}
      : {
          only: { refs: ['branches', 'tags'] },
          except: null,
          needs: job.needs?.map(({ job: name, artifacts, optional }) => ({ name, artifacts, optional })) ?? null,
        }),
  };
}
