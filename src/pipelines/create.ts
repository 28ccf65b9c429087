import type { User } from '../access/user.ts';
import { compile } from '../ci-config/compile.ts';
import type { CompiledJob, Plan } from '../ci-config/plan.ts';
import type { Tx } from '../db/tx.ts';
import type { Commit } from '../git/commits.ts';
import { ObjectTooLarge } from '../git/object-reader.ts';
import type { ResolvedRef } from '../git/refs.ts';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import './app.ts';
import type { Project } from '../namespaces/project.ts';
import { tagSetId } from '../runners/tag-sets.ts';
import { keepCommit } from './commit-store.ts';
import {
  insertJobs,
  insertPipeline,
  insertPipelineVariables,
  unfinishedCreations,
  type NewJob,
  type NewPipeline,
} from './creation-store.ts';
import { isOnProtectedRef } from './permission.ts';
import { expandTags, planErrors, PlanRefused } from './plan-checks.ts';
import type { Pipeline, PipelineSource } from './pipeline.ts';
import { processPipeline } from './process.ts';
import { ensureResource } from './resource-store.ts';
import { settingsVariables, toVariable, type PipelineVariable } from './variable-store.ts';
import { layersOf } from './variables.ts';

/** What a pipeline is made from. */
export interface PipelineRequest {
  project: Project;
  /** A branch or tag, and the commit (full id) that counts. */
  ref: Pick<ResolvedRef, 'kind' | 'name' | 'sha'>;
  /** Tip before a push; 40 zeros when there was none or nothing was pushed. */
  beforeSha: string;
  source: PipelineSource;
  user: User | null;
  variables: readonly PipelineVariable[];
  /** `git push -o ci.skip`. */
  skip?: boolean;
}

/**
 * What came of a request: a pipeline, or the reasons why there is none. A push whose configuration is broken makes a
 * failed pipeline that shows the errors; any other source makes nothing.
 */
export type Creation = { pipeline: Pipeline; errors: string[] } | { pipeline: null; errors: string[] };

/** In the message of a pushed commit: make no jobs (CI configuration 8.5). */
const skipMark = /\[(?:ci[ _-]skip|skip[ _-]ci)\]/i;

/**
 * Makes a pipeline from the configuration in the repository and lets its first jobs go. The jobs are stored, then the
 * pipeline's ref is made, then jobs become pending: nobody can take a job whose commit cannot be fetched. When the process
 * ends in between, `resumeCreated` does the rest. Throws what git and the database throw.
 */
export async function createPipeline(app: App, request: PipelineRequest): Promise<Creation> {
  const { project, ref, source } = request;
  const pushed = source === 'push';
  if (!project.jobsEnabled || project.archived) return refused('Pipelines are disabled!');
  const commit = await app.findCommit(project.id, ref.sha);
  if (commit === null || ref.kind === 'sha') return refused('Reference not found');
  const path = project.ciConfigPath ?? '.gitlab-ci.yml';
  const text = await readConfiguration(app, project.id, ref.sha, path);
  if (text === null) return refused('Missing CI config file');

  const tag = ref.kind === 'tag';
  const draft: NewPipeline = {
    projectId: project.id,
    ref: ref.name,
    tag,
    protected: await isOnProtectedRef(app, { projectId: project.id, ref: ref.name, tag }),
    sha: ref.sha,
    beforeSha: request.beforeSha,
    source,
    status: 'created',
    userId: request.user?.id ?? null,
    yamlErrors: null,
    name: null,
  };
  if (pushed && (request.skip === true || skipMark.test(commit.message)))
    return saveWithoutJobs(app, request, commit, { ...draft, status: 'skipped' }, []);
  const broken = (errors: string[]) =>
    pushed
      ? saveWithoutJobs(app, request, commit, { ...draft, status: 'failed', yamlErrors: errors.join(', ') }, errors)
      : refused(...errors);
  if (typeof text === 'string') return broken([text]);
  const compiled = compile(text, { file: path });
  if (!compiled.ok) return broken(compiled.errors.map((error) => error.message));
  const errors = planErrors(compiled.plan);
  if (errors.length > 0) return broken(errors);
  try {
    const { id } = await saveWithJobs(app, request, commit, draft, compiled.plan);
    return { pipeline: await letGo(app, project.id, id, ref.sha), errors: [] };
  } catch (error) {
    if (error instanceof PlanRefused) return broken(error.errors);
    throw error;
  }
}

function refused(...errors: string[]): Creation {
  return { pipeline: null, errors };
}

/** The bytes of the configuration; null when there is none, a text that says why it cannot be used. */
async function readConfiguration(app: App, projectId: number, sha: string, path: string): Promise<Uint8Array | string | null> {
  try {
    return await app.readRepositoryFile(projectId, sha, path);
  } catch (error) {
    if (error instanceof ObjectTooLarge)
      return `${path}: the file has ${error.size} bytes, more than the ${error.limit} that a configuration may have`;
    throw error;
  }
}

async function saveWithoutJobs(
  app: App,
  request: PipelineRequest,
  commit: Commit,
  draft: NewPipeline,
  errors: string[],
): Promise<Creation> {
  const pipeline = await app.write((tx) => savePipeline(app, tx, request, commit, draft));
  return { pipeline, errors };
}

async function savePipeline(app: App, tx: Tx, request: PipelineRequest, commit: Commit, draft: NewPipeline): Promise<Pipeline> {
  const pipeline = await insertPipeline(tx, draft, app.clock.now());
  await insertPipelineVariables(tx, app.secrets, pipeline.id, request.variables);
  await keepCommit(tx, draft.projectId, commit);
  return pipeline;
}

/** Throws `PlanRefused` for what only shows when the variables are known; nothing is saved then. */
async function saveWithJobs(app: App, request: PipelineRequest, commit: Commit, draft: NewPipeline, plan: Plan): Promise<Pipeline> {
  const { project, user } = request;
  const settings = await settingsVariables(app.db, app.secrets, project, draft.protected);
  const given = request.variables.map(toVariable);
  return app.write(async (tx) => {
    const pipeline = await savePipeline(app, tx, request, commit, draft);
    const jobs = expandTags(plan.jobs, () => layersOf(app, { project, pipeline, commit, user, settings, given }));
    await insertJobs(tx, pipeline, await withSharedRows(tx, jobs, pipeline, app.clock.now()), app.clock.now());
    return pipeline;
  });
}

/** The jobs with the rows that they share with others: sets of tags, and resources of the project. */
async function withSharedRows(tx: Tx, jobs: readonly CompiledJob[], { projectId, userId }: Pipeline, now: number): Promise<NewJob[]> {
  const known = new Map<string, number>();
  const rows: NewJob[] = [];
  for (const compiled of jobs) {
    const key = JSON.stringify(compiled.tags);
    const id = known.get(key) ?? (await tagSetId(tx, compiled.tags));
    known.set(key, id);
    // A name that comes out empty names nothing.
    const resourceGroupId = compiled.resourceGroup ? await ensureResource(tx, projectId, compiled.resourceGroup, now) : null;
    rows.push({ compiled, tagSetId: id, userId, attempt: 0, resourceGroupId });
  }
  return rows;
}

async function letGo(app: App, projectId: number, pipelineId: number, sha: string): Promise<Pipeline> {
  await app.createPipelineRef(projectId, pipelineId, sha);
  const pipeline = await app.write((tx) => processPipeline(app, tx, pipelineId));
  if (pipeline === null) throw new Error(`pipeline ${pipelineId} was deleted while it was made`);
  return pipeline;
}

/**
 * Lets the jobs go of pipelines whose making was cut short by the end of the process. To be called at every start; a
 * pipeline whose repository gives no ref is logged and left for the next start.
 */
export async function resumeCreated(app: App): Promise<number> {
  let done = 0;
  let after = 0;
  for (;;) {
    const pipelines = await unfinishedCreations(app.db, after, 100);
    for (const pipeline of pipelines) {
      after = pipeline.id;
      try {
        await letGo(app, pipeline.projectId, pipeline.id, pipeline.sha);
        done++;
      } catch (error) {
        app.log.error({ err: error, pipelineId: pipeline.id }, 'pipeline not resumed');
      }
    }
    if (pipelines.length === 0) return done;
  }
}
