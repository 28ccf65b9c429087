import { Type, type Static } from 'typebox';
import { presentUserProfile, UserProfile } from '../access/user-api.ts';
import type { User } from '../access/user.ts';
import type { Commit } from '../git/commits.ts';
import { ListOf, NullableString, OneOf } from '../http/parameters.ts';
import { isoTime, isoTimeOrNull } from '../lib/iso-time.ts';
import type { Namespace } from '../namespaces/namespace.ts';
import { presentProjectIdentity, ProjectIdentity } from '../namespaces/project-api.ts';
import type { Project } from '../namespaces/project.ts';
import type { JobArtifact } from './app.ts';
import { CommitCore, presentCommitCore } from '../git/commit-api.ts';
import { jobRunnerFields, type RunnerOfJob } from './job-runner.ts';
import { jobStatuses } from './job-state.ts';
import { durationOf, queuedDurationOf, type FailureEvidence, type Job } from './job.ts';
import { jobUrl } from './links.ts';
import { BasicPipeline, presentBasicPipeline } from './pipeline-api.ts';
import type { Pipeline } from './pipeline.ts';

const NullableNumber = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

const basicJob = {
  id: Type.Integer({ description: 'Id of the job.' }),
  status: OneOf(jobStatuses, { description: 'Where the job stands.' }),
  stage: Type.String({ description: 'Name of its stage.' }),
  name: Type.String({ description: 'Name from the configuration.' }),
  ref: Type.String({ description: 'Short name of the branch or tag.' }),
  tag: Type.Boolean({ description: 'Whether `ref` is a tag.' }),
  coverage: NullableNumber('Coverage in percent.'),
  allow_failure: Type.Boolean({ description: 'Whether the pipeline goes on when it fails.' }),
  created_at: Type.String({ description: 'When it was made.' }),
  started_at: NullableString({ description: 'When a runner started it.' }),
  finished_at: NullableString({ description: 'When it ended.' }),
  erased_at: NullableString({ description: 'When its log and artifacts were removed.' }),
  duration: NullableNumber('Seconds that it ran, so far.'),
  queued_duration: NullableNumber('Seconds that it waited for a runner, so far.'),
  user: Type.Union([UserProfile, Type.Null()], { description: 'For whom it acts.' }),
  commit: Type.Union([CommitCore, Type.Null()], { description: 'What it runs on.' }),
  pipeline: BasicPipeline,
  failure_reason: Type.Optional(Type.String({ description: 'Why it failed; only of failed jobs.' })),
  web_url: Type.String({ description: 'Page of the job.' }),
};

const tokenScope = { ci_job_token_scope_enabled: Type.Boolean({ description: 'Always false: job tokens reach what their user reaches.' }) };

/** A job on its own and in lists of projects and pipelines. */
/** What was known of a job that the server ended. */
export const FailureEvidenceReply = Type.Object(
  {
    last_contact_at: NullableString({ description: 'When its agent called about it last.' }),
    last_log_at: NullableString({ description: 'When its log grew last.' }),
    log_size: Type.Integer({ description: 'Bytes of its log.' }),
    threshold: Type.Integer({ description: 'Seconds for which nothing may be heard of it.' }),
  },
  { description: 'What was known when the server ended it; only of jobs that it ended because nothing was heard of them.' },
);

export const JobReply = Type.Object(
  {
    ...basicJob,
    project: Type.Object(tokenScope, { description: 'Settings of its project.' }),
    artifacts_file: Type.Optional(
      Type.Object(
        { filename: Type.String({ description: 'Name of the file.' }), size: Type.Integer({ description: 'Bytes.' }) },
        { description: 'Its archive; only when it has one.' },
      ),
    ),
    artifacts: Type.Array(
      Type.Object({
        file_type: Type.String({ description: '`archive`, `metadata`, `trace`, `junit`, …' }),
        size: Type.Integer({ description: 'Bytes.' }),
        filename: Type.String({ description: 'Name of the file.' }),
        file_format: NullableString({ description: '`zip`, `gzip`, `raw`.' }),
      }),
      { description: 'All that it has left behind.' },
    ),
    ...jobRunnerFields,
    artifacts_expire_at: NullableString({ description: 'When its artifacts go; null: never.' }),
    archived: Type.Boolean({ description: 'Whether it is too old to be run again; always false.' }),
    failure_evidence: Type.Optional(FailureEvidenceReply),
    tag_list: Type.Array(Type.String(), { description: 'Tags that a runner must have, in alphabetical order.' }),
  },
  { title: 'JobReply' },
);
export type JobReply = Static<typeof JobReply>;

/** A job in the list of a runner's jobs (runners API A.4, B.9). */
export const RunnerJobReply = Type.Object(
  {
    ...basicJob,
    project: Type.Object({ ...ProjectIdentity.properties, ...tokenScope }, { description: 'Its project.' }),
  },
  { title: 'RunnerJobReply' },
);
export type RunnerJobReply = Static<typeof RunnerJobReply>;

/** Everything that the JSON of a job is made from. */
export interface JobView {
  job: Job;
  pipeline: Pipeline;
  project: Project;
  namespace: Namespace;
  user: User | null;
  commit: Commit | null;
  tags: readonly string[];
  artifacts: readonly JobArtifact[];
  runner: RunnerOfJob | null;
}

/** What a presenter needs besides: the external URL without a slash at the end, and the time in ms. */
export interface Presenting {
  url: string;
  now: number;
}

function presentBasicJob({ job, pipeline, project, user, commit }: JobView, { url, now }: Presenting) {
  return {
    id: job.id,
    status: job.status,
    stage: job.stage,
    name: job.name,
    ref: job.ref,
    tag: job.tag,
    coverage: job.coverage,
    allow_failure: job.allowFailure,
    created_at: isoTime(job.createdAt),
    started_at: isoTimeOrNull(job.startedAt),
    finished_at: isoTimeOrNull(job.finishedAt),
    erased_at: isoTimeOrNull(job.erasedAt),
    duration: durationOf(job, now),
    queued_duration: queuedDurationOf(job, now),
    user: user === null ? null : presentUserProfile(user, url),
    commit: commit === null ? null : presentCommitCore(commit, project, url),
    pipeline: presentBasicPipeline(pipeline, project, url),
    ...(job.status === 'failed' ? { failure_reason: job.failureReason ?? 'unknown_failure' } : {}),
    web_url: jobUrl(url, project, job.id),
  };
}

/** Job → form of its own and of lists in projects and pipelines. */
export function presentJob(view: JobView, presenting: Presenting): JobReply {
  const { job, artifacts, runner, tags } = view;
  const archive = artifacts.find((artifact) => artifact.fileType === 'archive');
  return {
    ...presentBasicJob(view, presenting),
    project: { ci_job_token_scope_enabled: false },
    ...(archive === undefined ? {} : { artifacts_file: { filename: archive.filename, size: archive.size } }),
    artifacts: artifacts.map(({ fileType, size, filename, fileFormat }) => ({
      file_type: fileType,
      size,
      filename,
      file_format: fileFormat,
    })),
    runner: runner?.runner ?? null,
    runner_manager: runner?.manager ?? null,
    artifacts_expire_at: isoTimeOrNull(job.artifactsExpireAt),
    archived: false,
    ...(job.failureEvidence === null ? {} : { failure_evidence: presentEvidence(job.failureEvidence) }),
    tag_list: [...tags],
  };
}

/** Evidence → JSON. */
export function presentEvidence({ lastContactAt, lastLogAt, logSize, threshold }: FailureEvidence): Static<typeof FailureEvidenceReply> {
  return {
    last_contact_at: isoTimeOrNull(lastContactAt),
    last_log_at: isoTimeOrNull(lastLogAt),
    log_size: logSize,
    threshold,
  };
}

/** Job → form in the list of a runner's jobs. */
export function presentRunnerJob(view: JobView, presenting: Presenting): RunnerJobReply {
  return {
    ...presentBasicJob(view, presenting),
    project: { ...presentProjectIdentity(view.project, view.namespace), ci_job_token_scope_enabled: false },
  };
}

/** `scope[]` of lists of jobs. */
export const JobScope = Type.Optional(ListOf(jobStatuses, { description: 'Only jobs in these statuses.' }));

/** A job of a project, in the path. */
export const JobParams = Type.Object({
  id: Type.String({ description: 'Id or path of the project.' }),
  job_id: Type.Integer({ description: 'Id of the job.' }),
});

/** A pipeline of a project, in the path. */
export const PipelineParams = Type.Object({
  id: Type.String({ description: 'Id or path of the project.' }),
  pipeline_id: Type.Integer({ description: 'Id of the pipeline.' }),
});

/** A project in the path. */
export const ProjectParams = Type.Object({ id: Type.String({ description: 'Id or path of the project.' }) });
