import type { User } from '../access/user.ts';
import { compile } from '../ci-config/compile.ts';
import type { CompiledJob, Plan } from '../ci-config/plan.ts';
import type { ResolvedRef } from '../git/refs.ts';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import './app.ts';
import type { Project } from '../namespaces/project.ts';
import type { LintResult } from './lint-api.ts';
import { isOnProtectedRef } from './permission.ts';
import type { Pipeline } from './pipeline.ts';
import { expandTags, planErrors, PlanRefused } from './plan-checks.ts';
import { settingsVariables } from './variable-store.ts';
import { layersOf } from './variables.ts';

export interface LintQuestion {
  project: Project;
  user: User;
  source: string | Uint8Array;
  /** The branch or tag on which the making of a pipeline is simulated; null: the configuration alone is checked. */
  simulateOn: string | null;
  includeJobs: boolean;
}

/** Checks a configuration, and with `simulateOn` also what only the making of a pipeline would find. Saves nothing. */
export async function lint(app: App, { project, user, source, simulateOn, includeJobs }: LintQuestion): Promise<LintResult> {
  const compiled = compile(source, { file: project.ciConfigPath ?? '.gitlab-ci.yml' });
  const simulated = simulateOn !== null;
  const warnings = compiled.warnings.map((warning) => warning.message);
  if (!compiled.ok) {
    const errors = compiled.errors.map((error) => error.message);
    return { errors, warnings, mergedYaml: null, jobs: includeJobs ? [] : null, simulated };
  }
  const { jobs, errors } =
    simulateOn === null ? { jobs: compiled.plan.jobs, errors: [] } : await simulate(app, project, user, compiled.plan, simulateOn);
  return { errors, warnings, mergedYaml: compiled.mergedYaml, jobs: includeJobs ? jobs : null, simulated };
}

/** What a push to the ref would make of a plan. */
async function simulate(
  app: App,
  project: Project,
  user: User,
  plan: Plan,
  name: string,
): Promise<{ jobs: readonly CompiledJob[]; errors: string[] }> {
  const ref = await app.resolveRef(project.id, name);
  if (ref === null || ref.kind === 'sha') return { jobs: [], errors: ['Reference not found'] };
  const errors = planErrors(plan);
  if (errors.length > 0) return { jobs: [], errors };
  const pipeline = await imagined(app, project, user, ref);
  const commit = await app.findCommit(project.id, ref.sha);
  const settings = await settingsVariables(app.db, app.secrets, project, pipeline.protected);
  try {
    return { jobs: expandTags(plan.jobs, () => layersOf(app, { project, pipeline, commit, user, settings, given: [] })), errors: [] };
  } catch (error) {
    if (error instanceof PlanRefused) return { jobs: [], errors: error.errors };
    throw error;
  }
}

/** A pipeline that is never saved. */
async function imagined(app: App, project: Project, user: User, ref: ResolvedRef): Promise<Pipeline> {
  const now = app.clock.now();
  const tag = ref.kind === 'tag';
  return {
    id: 0,
    iid: 0,
    projectId: project.id,
    ref: ref.name,
    tag,
    protected: await isOnProtectedRef(app, { projectId: project.id, ref: ref.name, tag }),
    sha: ref.sha,
    beforeSha: '0'.repeat(40),
    source: 'push',
    status: 'created',
    userId: user.id,
    yamlErrors: null,
    name: null,
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    finishedAt: null,
    duration: null,
  };
}
