import { artifactsOfJobs } from '../artifacts/store.ts';
import { isAvailable } from '../artifacts/artifact.ts';
import type { CompiledImage, CompiledJob } from '../ci-config/plan.ts';
import type { App } from '../http/route.ts';
import { ancestorIds } from '../namespaces/namespace-store.ts';
import type { Project } from '../namespaces/project.ts';
import { dependencyJobs } from '../pipelines/dependencies.ts';
import { dotenvVariables } from '../pipelines/dotenv-store.ts';
import { queuedDurationOf, type Job } from '../pipelines/job.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import { findPipeline } from '../pipelines/pipeline-store.ts';
import { predefined } from '../pipelines/predefined.ts';
import { jobVariables } from '../pipelines/variables.ts';
import type { Claimed } from '../queue/claim.ts';
import { runningOnInstanceRunners } from '../queue/store.ts';
import type { Runner } from '../runners/runner.ts';
import { cachesOf } from './payload-caches.ts';
import { uploadsOf } from './payload-uploads.ts';
import { acceptedFailureReasons, type JobDependency, type JobImage, type JobPayload, type JobStep, type JobVariable } from './wire.ts';

/** Prefixes of our tokens: agents mask whatever begins with one (runner protocol 5.10). */
const tokenPrefixes = ['glrt-', 'glcbt-', 'glpat-', 'GR1348941'];

/** Everything that an agent needs to run a job that it has just been given (runner protocol 5). */
export async function buildPayload(app: App, { job, token, project, definition }: Claimed, runner: Runner): Promise<JobPayload> {
  const pipeline = await findPipeline(app.db, job.pipelineId);
  if (pipeline === null) throw new Error(`pipeline ${job.pipelineId} of job ${job.id} is gone`);
  const repositoryUrl = cloneUrl(app.url, project, token);
  const dependencies = await dependencyJobs(app.db, job, definition.compiled);
  const first = [
    { ...predefined('CI_JOB_TOKEN', token), public: false, masked: true },
    { ...predefined('CI_REPOSITORY_URL', repositoryUrl), public: false },
    predefined('CI_RUNNER_ID', runner.id),
    predefined('CI_RUNNER_DESCRIPTION', runner.description ?? ''),
    predefined('CI_RUNNER_TAGS', JSON.stringify(runner.tags)),
  ];
  const inherited = await dotenvVariables(app.db, app.secrets, idsOf(dependencies));
  // A job that its agent has to confirm first starts in a moment; scripts want a time all the same.
  const started = { ...job, startedAt: job.startedAt ?? app.clock.now() };
  const variables = await jobVariables(app, { job: started, pipeline, project, definition }, first, inherited);
  const timeout = job.timeout ?? project.buildTimeout;
  const { compiled } = definition;
  const namespaceIds = await ancestorIds(app.db, project.namespaceId);
  return {
    id: job.id,
    token,
    allow_git_fetch: project.allowGitFetch,
    job_info: {
      id: job.id,
      name: job.name,
      stage: job.stage,
      project_id: project.id,
      project_name: project.name,
      time_in_queue_seconds: Math.trunc(queuedDurationOf(job, app.clock.now()) ?? 0),
      project_jobs_running_on_instance_runners_count: await runningCount(app, job, runner),
      project_full_path: project.fullPath,
      namespace_id: project.namespaceId,
      root_namespace_id: namespaceIds.at(-1) ?? project.namespaceId,
      organization_id: 1,
      ...(job.userId === null ? {} : { user_id: job.userId }),
      scoped_user_id: null,
      pipeline_id: pipeline.id,
    },
    git_info: {
      repo_url: repositoryUrl,
      ref: pipeline.ref,
      sha: pipeline.sha,
      before_sha: pipeline.beforeSha,
      ref_type: pipeline.tag ? 'tag' : 'branch',
      ...fetchPlan(pipeline, project, variables),
      repo_object_format: 'sha1',
      protected: job.protected,
    },
    runner_info: { timeout },
    variables,
    steps: stepsOf(compiled, timeout),
    hooks: [],
    image: compiled.image === null ? null : imageOf(compiled.image),
    services: compiled.services.map(serviceOf),
    artifacts: uploadsOf(compiled),
    cache: cachesOf(compiled.caches, job.protected, variables),
    credentials: [],
    dependencies: await withArchives(app, dependencies, token),
    features: { trace_sections: true, token_mask_prefixes: tokenPrefixes, failure_reasons: [...acceptedFailureReasons] },
  };
}

/** The clone URL with the job's credentials in it. */
function cloneUrl(base: string, project: Project, token: string): string {
  const url = new URL(`${base}/${project.fullPath}.git`);
  url.username = 'gitlab-ci-token';
  url.password = token;
  return url.href;
}

/**
 * How many other jobs of the project run on instance runners. A text, because agents decode one: `10+` from ten on, `+Inf`
 * where it does not count (runner protocol 5.2).
 */
async function runningCount(app: App, job: Job, runner: Runner): Promise<string> {
  if (runner.type !== 'instance_type') return '+Inf';
  // A job that its agent has to confirm first does not run yet.
  const others = (await runningOnInstanceRunners(app.db, job.projectId)) - (job.status === 'running' ? 1 : 0);
  return others >= 10 ? '10+' : String(Math.max(0, others));
}

/** What to fetch, by the depth that the job or the project wants (runner protocol 10). */
function fetchPlan(pipeline: Pipeline, project: Project, variables: readonly JobVariable[]): { refspecs: string[]; depth: number } {
  const wanted = variables.find((variable) => variable.key === 'GIT_DEPTH')?.value ?? '';
  const depth = /^\d{1,9}$/.test(wanted) ? Number(wanted) : project.gitDepth;
  const own = `+refs/pipelines/${pipeline.id}:refs/pipelines/${pipeline.id}`;
  if (depth === 0) return { depth, refspecs: [own, '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'] };
  const { ref } = pipeline;
  return { depth, refspecs: [own, pipeline.tag ? `+refs/tags/${ref}:refs/tags/${ref}` : `+refs/heads/${ref}:refs/remotes/origin/${ref}`] };
}

function stepsOf(compiled: CompiledJob, timeout: number): JobStep[] {
  const script: JobStep = {
    name: 'script',
    script: [...compiled.beforeScript, ...compiled.script],
    timeout,
    when: 'on_success',
    allow_failure: false,
  };
  if (compiled.afterScript.length === 0) return [script];
  return [script, { name: 'after_script', script: compiled.afterScript, timeout, when: 'always', allow_failure: true }];
}

function imageOf(image: CompiledImage): JobImage {
  return {
    name: image.name,
    entrypoint: image.entrypoint,
    ports: [],
    pull_policy: image.pullPolicy as JobImage['pull_policy'] & {},
    executor_opts: {
      ...(image.docker === null ? {} : { docker: image.docker }),
      ...(image.kubernetes === null ? {} : { kubernetes: image.kubernetes }),
    },
  };
}

function serviceOf(service: CompiledImage): JobImage {
  return {
    ...imageOf(service),
    ...(service.alias === null ? {} : { alias: service.alias }),
    command: service.command,
    variables: Object.entries(service.variables).map(([key, value]) => ({
      key,
      value,
      public: true,
      file: false,
      masked: false,
      raw: false,
    })),
  };
}

/** Jobs whose archive is fetched first, with the running job's own token for it (runner protocol 5.9). */
async function withArchives(app: App, jobs: readonly Job[], token: string): Promise<JobDependency[]> {
  const now = app.clock.now();
  const artifacts = await artifactsOfJobs(app.db, idsOf(jobs));
  const archives = artifacts.filter((one) => one.fileType === 'archive' && isAvailable(one, now));
  const byJob = new Map(archives.map((archive) => [archive.jobId, archive]));
  return jobs.map(({ id, name }) => {
    const archive = byJob.get(id);
    return { id, name, token, ...(archive === undefined ? {} : { artifacts_file: { filename: archive.filename, size: archive.size } }) };
  });
}

function idsOf(jobs: readonly Job[]): number[] {
  return jobs.map((job) => job.id);
}
