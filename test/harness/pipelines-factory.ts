import { unsaidOfJob, type CompiledJob } from '../../src/ci-config/plan.ts';
import type { Tx } from '../../src/db/tx.ts';
import type { App } from '../../src/http/route.ts';
import type { Project } from '../../src/namespaces/project.ts';
import { insertJobs, insertPipeline, type NewPipeline } from '../../src/pipelines/creation-store.ts';
import { toJob } from '../../src/pipelines/job-store.ts';
import type { Job } from '../../src/pipelines/job.ts';
import { findPipeline } from '../../src/pipelines/pipeline-store.ts';
import type { Pipeline } from '../../src/pipelines/pipeline.ts';
import { processPipeline } from '../../src/pipelines/process.ts';
import { ensureResource } from '../../src/pipelines/resource-store.ts';
import { transition } from '../../src/pipelines/transition.ts';
import { tagSetId } from '../../src/runners/tag-sets.ts';

/** What a test says of a job; `needs` are names, the stage is `test` at place 0. */
export type JobSpec = Partial<Omit<CompiledJob, 'name' | 'needs'>> & { needs?: string[] };

/** A pipeline that was made, and its jobs by name, as they were right then. */
export interface MadePipeline {
  pipeline: Pipeline;
  jobs: Record<string, Job>;
  /** The job with this name as it is now; a newer try goes before a retried one. */
  job(name: string): Promise<Job>;
  /** All statuses as they are now, by name; retried jobs are left out. */
  statuses(): Promise<Record<string, string>>;
  /** The pipeline as it is now. */
  now(): Promise<Pipeline>;
  /** Starts a pending job as if a runner had claimed it; gives the job and its token's digest. */
  run(
    name: string,
    options?: { runnerId?: number; managerId?: number | null; cancelGracefully?: boolean; tokenDigest?: string },
  ): Promise<Job>;
}

/** Makes pipelines straight in the database: no repository and no configuration is looked at. */
export interface PipelinesFactory {
  pipeline(project: Project, jobs: Record<string, JobSpec>, options?: Partial<NewPipeline>): Promise<MadePipeline>;
}

export type FactoryApp = Pick<App, 'db' | 'write' | 'clock' | 'jobsPending' | 'jobFinished' | 'resourcesFreed'>;

let tokens = 0;

export function createPipelinesFactory(app: FactoryApp): PipelinesFactory {
  async function jobsOf(pipelineId: number): Promise<Job[]> {
    const rows = await app.db.selectFrom('jobs').selectAll().where('pipeline_id', '=', pipelineId).orderBy('id').execute();
    return rows.map(toJob);
  }

  async function add(tx: Tx, project: Project, specs: Record<string, JobSpec>, options: Partial<NewPipeline>): Promise<Pipeline> {
    const now = app.clock.now();
    const pipeline = await insertPipeline(
      tx,
      {
        projectId: project.id,
        ref: project.defaultBranch,
        tag: false,
        protected: false,
        sha: 'a'.repeat(40),
        beforeSha: '0'.repeat(40),
        source: 'push',
        status: 'created',
        userId: project.creatorId,
        yamlErrors: null,
        name: null,
        ...options,
      },
      now,
    );
    const jobs = [];
    for (const [name, spec] of Object.entries(specs)) {
      const compiled = compiledJob(name, spec);
      const resource = compiled.resourceGroup;
      const resourceGroupId = resource === null ? null : await ensureResource(tx, project.id, resource, now);
      jobs.push({ compiled, tagSetId: await tagSetId(tx, compiled.tags), userId: pipeline.userId, attempt: 0, resourceGroupId });
    }
    await insertJobs(tx, pipeline, jobs, now);
    await processPipeline(app, tx, pipeline.id);
    return pipeline;
  }

  return {
    async pipeline(project, specs, options = {}) {
      const { id } = await app.write((tx) => add(tx, project, specs, options));
      const now = async () => {
        const pipeline = await findPipeline(app.db, id);
        if (pipeline === null) throw new Error(`pipeline ${id} is gone`);
        return pipeline;
      };
      const job = async (name: string) => {
        const found = (await jobsOf(id)).filter((one) => one.name === name).at(-1);
        if (found === undefined) throw new Error(`pipeline ${id} has no job "${name}"`);
        return found;
      };
      return {
        pipeline: await now(),
        jobs: Object.fromEntries((await jobsOf(id)).map((one) => [one.name, one])),
        now,
        job,
        statuses: async () => Object.fromEntries((await jobsOf(id)).filter((one) => !one.retried).map((one) => [one.name, one.status])),
        async run(name, given = {}) {
          const pending = await job(name);
          const running = await app.write((tx) =>
            transition(app, tx, pending, 'run', {
              runnerId: 1,
              managerId: null,
              tokenDigest: `digest-${++tokens}`,
              timeout: 3600,
              timeoutSource: 'project',
              cancelGracefully: false,
              instanceRunner: true,
              ...given,
            }),
          );
          if (running === null) throw new Error(`"${name}" is ${pending.status} and cannot run`);
          return running;
        },
      };
    },
  };
}

/** A compiled job with defaults for what a test does not say. */
export function compiledJob(name: string, { needs, ...spec }: JobSpec = {}): CompiledJob {
  return {
    name,
    stage: 'test',
    stageIndex: 0,
    script: ['true'],
    beforeScript: [],
    afterScript: [],
    image: null,
    services: [],
    variables: [],
    tags: [],
    when: 'on_success',
    allowFailure: false,
    needs: needs?.map((job) => ({ job, artifacts: true, optional: false })) ?? null,
    dependencies: null,
    artifacts: null,
    ...unsaidOfJob,
    ...spec,
  };
}
