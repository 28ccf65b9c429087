import type { Condition } from './can-run.ts';

/** What an explanation says in one word: stable codes, for people and for programs. */
export const explainCodes = {
  queued: 'A runner that can take the job asks for jobs; it comes to the job in its order.',
  runners_busy: 'All runners that can take the job and are in contact run other jobs, and have not asked for more.',
  unconfirmed: 'The job is given to a machine that has not confirmed it yet.',
  runner_paused: 'The nearest runners are paused.',
  jobs_disabled: 'The project has jobs switched off: instance runners leave the job alone, others fail it.',
  shared_runners_disabled: 'The project does not let instance runners take its jobs.',
  group_runners_disabled: 'The project does not let runners of its groups take its jobs.',
  not_in_group: 'The nearest runners serve groups that the project is not in.',
  not_assigned: 'The nearest runners are not assigned to the project.',
  ref_not_protected: 'The nearest runners take jobs of protected branches and tags only.',
  untagged_not_allowed: 'The job has no tags, and the nearest runners take only jobs that have.',
  tags_missing: 'No runner has all tags of the job.',
  tag_typo: 'No runner has all tags of the job, but one has tags that differ from them by a slip.',
  feature_missing: 'The job uses something that the agents of the nearest runners are too old for.',
  never_contacted: 'The nearest runners have never been in contact.',
  offline: 'The nearest runners can take the job, and no machine of theirs has called for two minutes.',
  no_runner: 'No runner serves the project.',
  user_blocked: 'The user for whom the job would run is blocked: it fails as soon as a runner takes it.',
  dependency_missing: 'Artifacts that the job needs are gone: it fails as soon as a runner takes it.',
  waiting_for_stage: 'Jobs of earlier stages have not ended.',
  waiting_for_needs: 'Jobs that the job needs have not ended.',
  manual: 'The job waits for somebody to start it.',
  scheduled: 'The job is delayed until a certain time.',
  resource_busy: 'Another job holds the resource that the job needs.',
  preparing: 'The job is being prepared.',
  running: 'The job runs.',
  canceling: 'The job is being canceled by its agent.',
  succeeded: 'The job has succeeded.',
  failed: 'The job has failed, for the reason given.',
  canceled: 'The job was canceled.',
  skipped: 'The job was skipped: what it depends on did not end as it has to.',
} as const;
export type ExplainCode = keyof typeof explainCodes;
export const explainCodeNames = Object.keys(explainCodes) as ExplainCode[];

/** What a runner lacks, in words, by the condition that is not met. */
export const conditionTexts: Record<Condition, string> = {
  runner_paused: 'is paused',
  jobs_disabled: 'the project has jobs switched off',
  shared_runners_disabled: 'the project has instance runners switched off',
  group_runners_disabled: 'the project has group runners switched off',
  not_in_group: 'serves another group',
  not_assigned: 'is not assigned to the project',
  ref_not_protected: 'takes jobs of protected branches and tags only',
  untagged_not_allowed: 'takes no jobs without tags',
  tags_missing: 'lacks tags of the job',
  feature_missing: 'its agent is too old for the job',
  never_contacted: 'has never been in contact',
  offline: 'no machine of it has called for two minutes',
  at_limit: 'runs jobs and has not asked for more',
};

/** The smallest change that lets a job run. */
export const suggestionCodes = {
  wait: 'Nothing has to be changed: wait.',
  add_capacity: 'Wait until a runner is free, or let runners take more jobs at once.',
  resume_runner: 'Resume the runner.',
  start_agent: 'Start the machine of the runner again, or mend its connection.',
  connect_agent: 'Start an agent with the token of the runner.',
  update_agent: 'Update the agent of the runner.',
  correct_tags: 'Correct the tags in the configuration.',
  add_runner_tags: 'Give the runner the tags that it lacks.',
  allow_untagged: 'Let the runner take jobs without tags.',
  protect_ref: 'Protect the branch or tag, and run a new pipeline on it.',
  enable_shared_runners: 'Let instance runners take jobs of the project.',
  enable_group_runners: 'Let runners of the groups take jobs of the project.',
  enable_jobs: 'Switch jobs of the project on.',
  assign_runner: 'Assign the runner to the project; one that is locked has to be unlocked before.',
  register_runner: 'Register a runner for the project.',
  unblock_user: 'Unblock the user, or run the pipeline as another one.',
  retry_dependency: 'Run the job whose artifacts are gone once more.',
  play_job: 'Start the job by hand.',
  retry_job: 'Retry the job.',
} as const;
export type SuggestionCode = keyof typeof suggestionCodes;
export const suggestionCodeNames = Object.keys(suggestionCodes) as SuggestionCode[];
