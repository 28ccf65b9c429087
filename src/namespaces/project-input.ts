import { Type, type Static } from 'typebox';
import { invalid } from '../http/errors.ts';
import { NullableInteger, NullableString, OneOf } from '../http/parameters.ts';
import { pathFromName, projectPathProblems } from '../access/path-name.ts';
import { codePoints } from '../lib/code-points.ts';
import { visibilities } from './namespace.ts';
import type { ProjectSettings } from './project-store.ts';
import type { Project } from './project.ts';

const Topics = (description: string) =>
  Type.Optional(Type.Unsafe<string[]>({ type: 'array', items: { type: 'string' }, commaList: true, description }));

/** What can be set of a project, at its creation and later. */
export const ProjectParameters = {
  name: Type.Optional(Type.String({ description: 'Name for people; made of the path when it is left out.' })),
  path: Type.Optional(Type.String({ description: 'Last part of the full path; made of the name when it is left out.' })),
  description: Type.Optional(NullableString({ description: 'Description.' })),
  visibility: Type.Optional(OneOf(visibilities, { description: 'Who may see the project.' })),
  default_branch: Type.Optional(Type.String({ description: 'Default branch.' })),
  shared_runners_enabled: Type.Optional(Type.Boolean({ description: 'Whether instance runners may take jobs.' })),
  group_runners_enabled: Type.Optional(Type.Boolean({ description: 'Whether runners of the groups above may take jobs.' })),
  jobs_enabled: Type.Optional(Type.Boolean({ description: 'Whether there are pipelines.' })),
  builds_access_level: Type.Optional(OneOf(['disabled', 'enabled'], { description: 'The same as text; see also `public_jobs`.' })),
  build_timeout: Type.Optional(Type.Integer({ description: 'Seconds, from 10 minutes to a month.' })),
  build_git_strategy: Type.Optional(OneOf(['fetch', 'clone'], { description: 'How jobs get the sources.' })),
  ci_default_git_depth: Type.Optional(NullableInteger({ description: 'Commits that a job fetches, 0 for all; at most 1000.' })),
  ci_config_path: Type.Optional(NullableString({ description: 'Path of the configuration; empty: `.gitlab-ci.yml`.' })),
  public_jobs: Type.Optional(Type.Boolean({ description: 'Whether jobs can be read without membership.' })),
  public_builds: Type.Optional(Type.Boolean({ description: 'The older name of `public_jobs`.' })),
  topics: Topics('Topics, as a list or separated by commas.'),
  tag_list: Topics('The older name of `topics`.'),
  runner_token_expiration_interval: Type.Optional(
    NullableInteger({ description: 'Seconds after which tokens of new runners of the project expire; empty for never.' }),
  ),
};
const ProjectInput = Type.Object(ProjectParameters);
export type ProjectInput = Static<typeof ProjectInput>;

const longestText = 255;
const longestDescription = 2000;
const longestTimeout = 30 * 24 * 3600;
const shortestTimeout = 600;
const deepestFetch = 1000;
const nameForm = /^[\p{L}\p{N}\p{Extended_Pictographic}_][\p{L}\p{N}\p{M}\p{Extended_Pictographic}\u{200d}_.+\- ]*$/u;
const nameRule =
  "can contain only letters, digits, emoji, '_', '.', '+', dashes, or spaces. It must start with a letter, digit, emoji, or '_'.";

/** Name and path of a new project: what is left out follows from the other. */
export function namesOf(input: ProjectInput): { name: string; path: string } {
  const name = input.name ?? input.path ?? '';
  return { name, path: input.path ?? pathFromName(name) };
}

/** The settings that the input changes, by the names of `Project`. */
export function settingsOf(input: ProjectInput): Partial<ProjectSettings & Pick<Project, 'sharedRunnersEnabled' | 'groupRunnersEnabled'>> {
  const jobsEnabled = input.builds_access_level === undefined ? input.jobs_enabled : input.builds_access_level === 'enabled';
  const publicJobs = input.public_jobs ?? input.public_builds;
  const topics = input.topics ?? input.tag_list;
  return {
    ...(input.shared_runners_enabled === undefined ? {} : { sharedRunnersEnabled: input.shared_runners_enabled }),
    ...(input.group_runners_enabled === undefined ? {} : { groupRunnersEnabled: input.group_runners_enabled }),
    ...(jobsEnabled === undefined ? {} : { jobsEnabled }),
    ...(input.build_timeout === undefined ? {} : { buildTimeout: input.build_timeout }),
    ...(input.build_git_strategy === undefined ? {} : { allowGitFetch: input.build_git_strategy === 'fetch' }),
    ...(input.ci_default_git_depth === undefined ? {} : { gitDepth: input.ci_default_git_depth ?? 0 }),
    ...(input.ci_config_path === undefined ? {} : { ciConfigPath: input.ci_config_path === '' ? null : input.ci_config_path }),
    ...(publicJobs === undefined ? {} : { publicJobs }),
    ...(topics === undefined ? {} : { topics }),
    ...(input.runner_token_expiration_interval === undefined
      ? {}
      : { runnerTokenExpirationInterval: input.runner_token_expiration_interval }),
  };
}

/** Throws 400 with what is wrong with the given values, by attribute, in GitLab's words; absent ones are left alone. */
export function checkProject(input: ProjectInput, isRefName: (name: string) => boolean): void {
  const problems: Record<string, string[]> = {};
  function note(attribute: string, isWrong: boolean, text: string): void {
    if (isWrong) (problems[attribute] ??= []).push(text);
  }
  const { name, path, description, build_timeout: timeout, ci_default_git_depth: depth, ci_config_path: config } = input;
  if (name !== undefined) {
    note('name', name.trim() === '', "can't be blank");
    note('name', name.trim() !== '' && !nameForm.test(name), nameRule);
    note('name', codePoints(name) > longestText, `is too long (maximum is ${longestText} characters)`);
  }
  for (const text of path === undefined ? [] : projectPathProblems(path)) note('path', true, text);
  note('description', codePoints(description ?? '') > longestDescription, `is too long (maximum is ${longestDescription} characters)`);
  const isTimeout = timeout === undefined || (timeout >= shortestTimeout && timeout <= longestTimeout);
  note('build_timeout', !isTimeout, 'needs to be between 10 minutes and 1 month');
  note('ci_default_git_depth', (depth ?? 0) < 0, 'must be greater than or equal to 0');
  note('ci_default_git_depth', (depth ?? 0) > deepestFetch, `must be less than or equal to ${deepestFetch}`);
  note('ci_config_path', codePoints(config ?? '') > longestText, `is too long (maximum is ${longestText} characters)`);
  note('ci_config_path', /(^|\/)\.\.(\/|$)|^\//.test(config ?? ''), 'cannot include leading slash or directory traversal.');
  note('default_branch', input.default_branch !== undefined && !isRefName(input.default_branch), 'is invalid');
  note(
    'topics',
    (input.topics ?? input.tag_list ?? []).some((topic) => codePoints(topic) > longestText),
    'is too long (maximum is 255 characters)',
  );
  const interval = input.runner_token_expiration_interval ?? null;
  note('runner_token_expiration_interval', interval !== null && !isInterval(interval), 'must be greater than 0');
  if (Object.keys(problems).length > 0) throw invalid(problems);
}

/** Seconds that an interval of this kind may have: at least one, at most a hundred years. */
export function isInterval(seconds: number): boolean {
  return seconds > 0 && seconds <= 100 * 366 * 24 * 3600;
}
