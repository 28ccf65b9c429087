import { findUser } from '../access/store.ts';
import type { User } from '../access/user.ts';
import type { CompiledVariable } from '../ci-config/plan.ts';
import type { Commit } from '../git/commits.ts';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import './app.ts';
import type { Project } from '../namespaces/project.ts';
import { keptCommit } from './commit-store.ts';
import type { Definition } from './definition-store.ts';
import { expandAll, type Variable } from './expansion.ts';
import type { Job } from './job.ts';
import type { Pipeline } from './pipeline.ts';
import { jobPredefined, pipelineVariables, runningPredefined, userVariables } from './predefined.ts';
import { pipelineGivenVariables, settingsVariables, toVariable } from './variable-store.ts';

type VariablesApp = Pick<App, 'db' | 'secrets' | 'url' | 'serverVersion'>;

/** The layers that are alike for all jobs of a pipeline. */
export interface PipelineLayers {
  predefined: Variable[];
  user: Variable[];
  settings: Variable[];
  given: Variable[];
}

/** What the layers of a pipeline are made from. */
export interface LayerFacts {
  project: Project;
  pipeline: Pipeline;
  commit: Commit | null;
  user: User | null;
  settings: Variable[];
  given: Variable[];
}

export function layersOf(
  { url, serverVersion }: Pick<App, 'url' | 'serverVersion'>,
  { project, pipeline, commit, user, settings, given }: LayerFacts,
): PipelineLayers {
  const predefined = pipelineVariables({ url, server: serverVersion, project, pipeline, commit });
  return { predefined, user: userVariables(user), settings, given };
}

/** Of the configuration → as the job gets it. */
export function toJobVariable({ key, value, raw }: CompiledVariable): Variable {
  return { key, value, public: true, file: false, masked: false, raw };
}

/**
 * All variables of a job while its pipeline is made, lowest precedence first (CI configuration 10.1), not expanded. `inherited`
 * are those that only a job gets that runs: what the jobs before it left to it.
 */
export function creationVariables(
  layers: PipelineLayers,
  job: Pick<Job, 'name' | 'stage' | 'when'>,
  configured: readonly CompiledVariable[],
  inherited: readonly Variable[] = [],
): Variable[] {
  const { predefined, user, settings, given } = layers;
  return [...predefined, ...jobPredefined(job), ...configured.map(toJobVariable), ...user, ...inherited, ...settings, ...given];
}

/** What the variables of a running job are made from. */
export interface RunningFacts {
  job: Job;
  pipeline: Pipeline;
  project: Project;
  definition: Definition;
}

/**
 * The variables of a running job for its payload: each name once, expanded, unknown references kept. `first` holds those
 * that only the claim knows (`CI_JOB_TOKEN`, `CI_REPOSITORY_URL`, `CI_RUNNER_*`); everything else goes over them. `inherited`
 * are those that the jobs it depends on left to it.
 * Variables in a circle, which settings that changed since can make, keep their references.
 */
export async function jobVariables(
  app: VariablesApp,
  { job, pipeline, project, definition }: RunningFacts,
  first: readonly Variable[],
  inherited: readonly Variable[] = [],
): Promise<Variable[]> {
  const layers = layersOf(app, {
    project,
    pipeline,
    commit: await keptCommit(app.db, project.id, pipeline.sha),
    user: job.userId === null ? null : await findUser(app.db, job.userId),
    settings: await settingsVariables(app.db, app.secrets, project, pipeline.protected),
    given: (await pipelineGivenVariables(app.db, app.secrets, pipeline.id)).map(toVariable),
  });
  const all = [
    ...first,
    ...runningPredefined(app.url, project, job),
    ...creationVariables(layers, job, definition.compiled.variables, inherited),
    ...definition.playVariables.map(toVariable),
  ];
  return [...expandAll(all, true).values()];
}
