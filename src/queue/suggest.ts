import type { Job } from '../pipelines/job.ts';
import type { Project } from '../namespaces/project.ts';
import type { Runner } from '../runners/runner.ts';
import type { Condition } from './can-run.ts';
import type { Change, Suggestion } from './explain-api.ts';
import { request } from './explain-state.ts';
import type { Compared } from './explain-runners.ts';
import type { NearTag } from './near-tags.ts';

/** What suggestions are about. */
export interface Subject {
  job: Job;
  project: Project;
  tags: readonly string[];
  neededFeatures: readonly string[];
}

/** First agents that know a flag (runner protocol 4.2). */
const agentsWith: Record<string, string> = {
  upload_multiple_artifacts: '11.5',
  artifacts_exclude: '13.1',
  return_exit_code: '13.8',
  fallback_cache_keys: '15.11',
};

/**
 * All changes that let the nearest runners take the job, as one suggestion that is named after the first. `runner` is one of them
 * that the caller may see; null: none, and the suggestion says whom to ask.
 */
export function suggestFor(subject: Subject, compared: Compared, runner: Runner | null): Suggestion {
  const steps = compared.unmet
    .filter((condition) => condition !== 'at_limit')
    .map((condition) => stepFor(condition, subject, compared, runner));
  const [first] = steps;
  if (first === undefined) return { code: 'wait', text: 'Wait for the next request of a runner.', changes: [] };
  return {
    code: first.code,
    text: steps.map((step) => step.text).join(' Then: '),
    changes: steps.flatMap((step) => step.changes),
  };
}

function stepFor(condition: Condition, subject: Subject, compared: Compared, runner: Runner | null): Suggestion {
  const { project, job } = subject;
  const name = runner === null ? 'a runner that you may not see (ask those who look after it)' : nameOf(runner);
  const change = (parameters: Record<string, unknown>) => (runner === null ? [] : [request('PUT', `/runners/${runner.id}`, parameters)]);
  const settings = (parameters: Record<string, unknown>) => [request('PUT', `/projects/${project.id}`, parameters)];
  switch (condition) {
    case 'runner_paused':
      return { code: 'resume_runner', text: `Resume ${name}.`, changes: change({ paused: false }) };
    case 'jobs_disabled':
      return { code: 'enable_jobs', text: `Switch jobs of ${project.fullPath} on.`, changes: settings({ jobs_enabled: true }) };
    case 'shared_runners_disabled':
      return {
        code: 'enable_shared_runners',
        text: `Let instance runners take jobs of ${project.fullPath}.`,
        changes: settings({ shared_runners_enabled: true }),
      };
    case 'group_runners_disabled':
      return {
        code: 'enable_group_runners',
        text: `Let runners of its groups take jobs of ${project.fullPath}.`,
        changes: settings({ group_runners_enabled: true }),
      };
    case 'not_in_group':
      return registerRunner(subject);
    case 'not_assigned':
      return assign(subject, compared, runner, name);
    case 'ref_not_protected':
      return {
        code: 'protect_ref',
        text: `Protect the ${job.tag ? 'tag' : 'branch'} "${job.ref}" and run a new pipeline on it, or let ${name} take jobs of other refs.`,
        changes: [request('POST', `/projects/${project.id}/protected_${job.tag ? 'tags' : 'branches'}`, { name: job.ref })],
      };
    case 'untagged_not_allowed':
      return {
        code: 'allow_untagged',
        text: `Let ${name} take jobs without tags, or give the job a tag of it.`,
        changes: change({ run_untagged: true }),
      };
    case 'tags_missing':
      return {
        code: 'add_runner_tags',
        text: `Give ${name} the ${compared.missing.length === 1 ? 'tag' : 'tags'} ${quoted(compared.missing)}, or register a runner that has all of ${quoted(subject.tags)}.`,
        changes: runner === null ? [] : change({ tag_list: [...runner.tags, ...compared.missing] }),
      };
    case 'feature_missing':
      return updateAgent(subject, runner, name);
    case 'never_contacted':
      return {
        code: 'connect_agent',
        text: `Start an agent with the token of ${name}: it has never been in contact.`,
        changes: atMachine(runner, { run: 'gitlab-runner register' }),
      };
    default:
      return {
        code: 'start_agent',
        text: `Start the machine of ${name} again, or mend its connection.`,
        changes: atMachine(runner, { run: 'gitlab-runner start' }),
      };
  }
}

function assign({ project }: Subject, { group }: Compared, runner: Runner | null, name: string): Suggestion {
  const unlock = group.locked ? `Unlock ${name}, then assign it` : `Assign ${name}`;
  const assignment = runner === null ? [] : [request('POST', `/projects/${project.id}/runners`, { runner_id: runner.id })];
  return {
    code: 'assign_runner',
    text: `${unlock} to ${project.fullPath}.`,
    changes: group.locked && runner !== null ? [request('PUT', `/runners/${runner.id}`, { locked: false }), ...assignment] : assignment,
  };
}

function updateAgent({ neededFeatures }: Subject, runner: Runner | null, name: string): Suggestion {
  const versions = neededFeatures.map((flag) => agentsWith[flag] ?? '').toSorted(byVersion);
  const version = versions.at(-1) ?? '';
  return {
    code: 'update_agent',
    text: `Update the agent of ${name} to ${version} or later: the job needs ${neededFeatures.join(', ')}. An older one that asks for it makes it fail.`,
    changes: atMachine(runner, { agent_version: version }),
  };
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function atMachine(runner: Runner | null, parameters: Record<string, unknown>): Change[] {
  return runner === null ? [] : [{ kind: 'machine', method: null, path: null, parameters: { runner_id: runner.id, ...parameters } }];
}

/** What to do where no runner comes near. */
export function registerRunner({ project, tags }: Subject): Suggestion {
  return {
    code: 'register_runner',
    text: `Register a runner for ${project.fullPath}${tags.length === 0 ? '' : ` with the ${tags.length === 1 ? 'tag' : 'tags'} ${quoted(tags)}`}.`,
    changes: [
      request('POST', '/user/runners', {
        runner_type: 'project_type',
        project_id: project.id,
        ...(tags.length === 0 ? { run_untagged: true } : { tag_list: [...tags] }),
      }),
    ],
  };
}

/** The tags as they were probably meant. */
export function correctTags({ project, job, tags }: Subject, near: readonly NearTag[]): Suggestion {
  const file = project.ciConfigPath ?? '.gitlab-ci.yml';
  const corrected = tags.map((tag) => near.find((one) => one.tag === tag)?.near ?? tag);
  return {
    code: 'correct_tags',
    text: `In ${file}, write ${near.map((one) => `"${one.near}" instead of "${one.tag}"`).join(' and ')} in the tags of "${job.name}".`,
    changes: [{ kind: 'configuration', method: null, path: file, parameters: { job: job.name, tags: corrected } }],
  };
}

function nameOf({ id, description }: Runner): string {
  return description === null || description === '' ? `runner ${id}` : `runner ${id} (${description})`;
}

function quoted(tags: readonly string[]): string {
  return tags.map((tag) => `"${tag}"`).join(', ');
}
