import type { CompiledJob } from '../ci-config/plan.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import type { JobStatus } from './job-state.ts';
import type { Pipeline, PipelineSource } from './pipeline.ts';
import { toPipeline } from './pipeline-store.ts';
import { batches } from './status-store.ts';
import type { PipelineVariable } from './variable-store.ts';

/** Rows of one statement: a job has some thirty columns, and engines limit the parameters of a statement. */
const rowsOfInsert = 250;

export interface NewPipeline {
  projectId: number;
  ref: string;
  tag: boolean;
  protected: boolean;
  sha: string;
  beforeSha: string;
  source: PipelineSource;
  /** `created` for one that gets jobs; one without jobs is over from the start. */
  status: JobStatus;
  userId: number | null;
  yamlErrors: string | null;
  name: string | null;
}

/** Adds a pipeline with the next number of its project. */
export async function insertPipeline(tx: Tx, pipeline: NewPipeline, now: number): Promise<Pipeline> {
  const { last_pipeline_iid: iid } = await tx
    .updateTable('projects')
    .set((eb) => ({ last_pipeline_iid: eb('last_pipeline_iid', '+', 1) }))
    .where('id', '=', pipeline.projectId)
    .returning('last_pipeline_iid')
    .executeTakeFirstOrThrow();
  const row = await tx
    .insertInto('pipelines')
    .values({
      iid,
      project_id: pipeline.projectId,
      ref: pipeline.ref,
      tag: pipeline.tag ? 1 : 0,
      protected: pipeline.protected ? 1 : 0,
      sha: pipeline.sha,
      before_sha: pipeline.beforeSha,
      source: pipeline.source,
      status: pipeline.status,
      user_id: pipeline.userId,
      yaml_errors: pipeline.yamlErrors,
      name: pipeline.name,
      created_at: now,
      updated_at: now,
      started_at: null,
      finished_at: pipeline.status === 'failed' ? now : null,
      duration: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toPipeline(row);
}

/** Keeps the variables that a pipeline was started with. */
export async function insertPipelineVariables(
  tx: Tx,
  secrets: SecretBox,
  pipelineId: number,
  variables: readonly PipelineVariable[],
): Promise<void> {
  const rows = variables.map((variable, position) => ({
    pipeline_id: pipelineId,
    position,
    key: variable.key,
    sealed_value: secrets.seal(variable.value),
    variable_type: variable.variableType,
    raw: variable.raw ? 1 : 0,
  }));
  for (const some of batches(rows)) await tx.insertInto('pipeline_variables').values(some).execute();
}

export interface NewJob {
  compiled: CompiledJob;
  tagSetId: number;
  userId: number | null;
  attempt: number;
  /** The resource that it has to hold while it runs. */
  resourceGroupId?: number | null;
}

/** Adds jobs in status `created`, with their needs and definitions, in the given order. Their names must be different. */
export async function insertJobs(tx: Tx, pipeline: Pipeline, jobs: readonly NewJob[], now: number): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (const some of batches(jobs, rowsOfInsert)) {
    const rows = await tx
      .insertInto('jobs')
      .values(some.map((job) => jobRow(pipeline, job, now)))
      .returning(['id', 'name'])
      .execute();
    for (const row of rows) ids.set(row.name, row.id);
    const idOf = (job: NewJob) => {
      const id = ids.get(job.compiled.name);
      if (id === undefined) throw new Error(`the job "${job.compiled.name}" was not added`);
      return id;
    };
    await tx
      .insertInto('job_definitions')
      .values(some.map((job) => ({ job_id: idOf(job), definition: JSON.stringify(job.compiled), sealed_variables: null })))
      .execute();
    const needs = some.flatMap((job) =>
      (job.compiled.needs ?? []).map((need) => ({
        job_id: idOf(job),
        name: need.job,
        artifacts: need.artifacts ? 1 : 0,
        optional: need.optional ? 1 : 0,
      })),
    );
    for (const few of batches(needs)) await tx.insertInto('job_needs').values(few).execute();
  }
  return ids;
}

function jobRow(pipeline: Pipeline, { compiled, tagSetId, userId, attempt, resourceGroupId }: NewJob, now: number) {
  return {
    pipeline_id: pipeline.id,
    project_id: pipeline.projectId,
    name: compiled.name,
    stage: compiled.stage,
    stage_index: compiled.stageIndex,
    status: 'created',
    when: compiled.when,
    allow_failure: compiled.allowFailure ? 1 : 0,
    scheduling: compiled.needs === null ? 'stage' : 'dag',
    ref: pipeline.ref,
    tag: pipeline.tag ? 1 : 0,
    protected: pipeline.protected ? 1 : 0,
    user_id: userId,
    tag_set_id: tagSetId,
    cancel_gracefully: 0,
    retried: 0,
    attempt,
    interruptible: compiled.interruptible === true ? 1 : 0,
    resource_group_id: resourceGroupId ?? null,
    created_at: now,
    updated_at: now,
  };
}

/** Pipelines that were made but whose jobs were never let go, oldest first, after the id `after`. */
export async function unfinishedCreations(db: Db, after: number, limit: number): Promise<Pipeline[]> {
  const rows = await db
    .selectFrom('pipelines')
    .selectAll()
    .where('status', '=', 'created')
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(toPipeline);
}
