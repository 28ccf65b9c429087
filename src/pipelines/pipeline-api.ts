import { Type, type Static } from 'typebox';
import { BasicUser, presentBasicUser } from '../access/user-api.ts';
import type { User } from '../access/user.ts';
import type { Commit } from '../git/commits.ts';
import { NullableString, OneOf } from '../http/parameters.ts';
import { isoTime, isoTimeOrNull } from '../lib/iso-time.ts';
import type { Project } from '../namespaces/project.ts';
import { jobStatuses, type JobStatus } from './job-state.ts';
import { pipelineUrl } from './links.ts';
import { pipelineSources, type Pipeline } from './pipeline.ts';

/** A pipeline in lists, in jobs and wherever one is named. */
export const BasicPipeline = Type.Object(
  {
    id: Type.Integer({ description: 'Id of the pipeline.' }),
    iid: Type.Integer({ description: 'Number within the project, from 1.' }),
    project_id: Type.Integer({ description: 'Id of its project.' }),
    sha: Type.String({ description: 'Full id of the commit.' }),
    ref: Type.String({ description: 'Short name of the branch or tag.' }),
    status: OneOf(jobStatuses, { description: 'Status of all its jobs as one.' }),
    source: OneOf(pipelineSources, { description: 'What made it.' }),
    created_at: Type.String({ description: 'When it was made.' }),
    updated_at: Type.String({ description: 'When its status last changed.' }),
    web_url: Type.String({ description: 'Page of the pipeline.' }),
  },
  { title: 'BasicPipeline' },
);
export type BasicPipeline = Static<typeof BasicPipeline>;

/** A pipeline in lists, with its name. */
export const ListedPipeline = Type.Object({
  ...BasicPipeline.properties,
  name: NullableString({ description: 'Name from the configuration.' }),
});

const DetailedStatus = Type.Object(
  {
    icon: Type.String({ description: 'Name of an icon.' }),
    text: Type.String({ description: 'Text for people.' }),
    label: Type.String({ description: 'Text for people, in more words.' }),
    group: Type.String({ description: 'Group of statuses that look alike.' }),
    tooltip: Type.String({ description: 'The same as `label`.' }),
    has_details: Type.Boolean({ description: 'Whether the caller may see the page of the pipeline.' }),
    details_path: Type.String({ description: 'Path of the page.' }),
    illustration: Type.Null({ description: 'Always null.' }),
    favicon: NullableString({ description: 'Always null: there are no pictures.' }),
  },
  { description: 'The status as pages show it.' },
);

/** A pipeline on its own. */
export const FullPipeline = Type.Object(
  {
    ...BasicPipeline.properties,
    name: NullableString({ description: 'Name from the configuration.' }),
    before_sha: Type.String({ description: 'Tip of the ref before the push; 40 zeros when there was none.' }),
    tag: Type.Boolean({ description: 'Whether `ref` is a tag.' }),
    yaml_errors: NullableString({ description: 'What is wrong with the configuration.' }),
    user: Type.Union([BasicUser, Type.Null()], { description: 'Who started it.' }),
    started_at: NullableString({ description: 'When its first job started.' }),
    finished_at: NullableString({ description: 'When its last job ended.' }),
    committed_at: NullableString({ description: 'When its commit was made.' }),
    duration: Type.Union([Type.Integer(), Type.Null()], { description: 'Seconds in which at least one job ran; null before the end.' }),
    queued_duration: Type.Union([Type.Integer(), Type.Null()], { description: 'Seconds from its making to its first job.' }),
    coverage: NullableString({ description: 'Coverage in percent, as a text.' }),
    detailed_status: DetailedStatus,
    archived: Type.Boolean({ description: 'Whether it is too old to be run again; always false.' }),
  },
  { title: 'FullPipeline' },
);
export type FullPipeline = Static<typeof FullPipeline>;

/** A variable that a pipeline was started with. */
export const PipelineVariableReply = Type.Object({
  variable_type: OneOf(['env_var', 'file'], { description: '`file`: jobs get a path to a file with the value.' }),
  key: Type.String({ description: 'Name.' }),
  value: Type.String({ description: 'Value.' }),
  raw: Type.Boolean({ description: 'Whether the value is never expanded.' }),
});

/** Pipeline → basic form. `url` is the external URL without a slash at the end. */
export function presentBasicPipeline(pipeline: Pipeline, project: Pick<Project, 'fullPath'>, url: string): BasicPipeline {
  return {
    id: pipeline.id,
    iid: pipeline.iid,
    project_id: pipeline.projectId,
    sha: pipeline.sha,
    ref: pipeline.ref,
    status: pipeline.status,
    source: pipeline.source,
    created_at: isoTime(pipeline.createdAt),
    updated_at: isoTime(pipeline.updatedAt),
    web_url: pipelineUrl(url, project, pipeline.id),
  };
}

/** What goes with a pipeline on its own. */
export interface PipelineDetails {
  user: User | null;
  commit: Commit | null;
  /** Whether a job failed that was allowed to. */
  hasWarnings: boolean;
}

/** Pipeline → full form. */
export function presentFullPipeline(
  pipeline: Pipeline,
  project: Pick<Project, 'fullPath'>,
  details: PipelineDetails,
  url: string,
): FullPipeline {
  const { user, commit, hasWarnings } = details;
  const queued = pipeline.startedAt === null ? null : Math.round((pipeline.startedAt - pipeline.createdAt) / 1000);
  return {
    ...presentBasicPipeline(pipeline, project, url),
    name: pipeline.name,
    before_sha: pipeline.beforeSha,
    tag: pipeline.tag,
    yaml_errors: pipeline.yamlErrors,
    user: user === null ? null : presentBasicUser(user, url),
    started_at: isoTimeOrNull(pipeline.startedAt),
    finished_at: isoTimeOrNull(pipeline.finishedAt),
    committed_at: isoTimeOrNull(commit?.committedAt ?? null),
    duration: pipeline.duration === null ? null : Math.round(pipeline.duration),
    queued_duration: queued,
    coverage: null,
    detailed_status: detailedStatus(pipeline.status, hasWarnings, new URL(pipelineUrl(url, project, pipeline.id)).pathname),
    archived: false,
  };
}

/** Statuses whose word for people is another one. */
const words: Partial<Record<JobStatus, { text: string; label?: string }>> = {
  success: { text: 'passed' },
  manual: { text: 'blocked', label: 'waiting for manual action' },
  scheduled: { text: 'delayed', label: 'waiting for delayed job' },
  waiting_for_resource: { text: 'waiting', label: 'waiting for resource' },
  waiting_for_callback: { text: 'waiting', label: 'waiting for callback' },
};

function detailedStatus(status: JobStatus, hasWarnings: boolean, path: string): FullPipeline['detailed_status'] {
  const warned = status === 'success' && hasWarnings;
  const { text, label = text } = words[status] ?? { text: status };
  const shown = warned ? 'passed with warnings' : label;
  return {
    icon: warned ? 'status_warning' : `status_${status}`,
    text: warned ? 'warning' : text,
    label: shown,
    group: warned ? 'success-with-warnings' : status.replaceAll('_', '-'),
    tooltip: shown,
    has_details: true,
    details_path: path,
    illustration: null,
    favicon: null,
  };
}
