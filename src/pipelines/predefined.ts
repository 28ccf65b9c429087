import type { User } from '../access/user.ts';
import type { Commit } from '../git/commits.ts';
import type { Project } from '../namespaces/project.ts';
import type { Variable } from './expansion.ts';
import type { Job } from './job.ts';
import { projectUrl } from '../namespaces/links.ts';
import { jobUrl, pipelineUrl } from './links.ts';
import type { Pipeline } from './pipeline.ts';

/** What the predefined variables are made from (CI configuration 11). */
export interface PredefinedFacts {
  /** External URL of the server, without a slash at the end. */
  url: string;
  /** The version whose contract we keep, which scripts branch on. */
  server: { version: string; revision: string };
  project: Project;
  pipeline: Pipeline;
  /** Null when the repository does not have it any more. */
  commit: Commit | null;
}

/** Bytes of the message that a variable takes. */
const longestMessage = 100_000;

export function predefined(key: string, value: string | number | boolean): Variable {
  return { key, value: String(value), public: true, file: false, masked: false, raw: false };
}

/** Lower case, everything but letters and digits as `-`, at most 63 characters: what host names and labels take. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
}

/** Variables that are alike for all jobs of a pipeline. */
export function pipelineVariables({ url, server, project, pipeline, commit }: PredefinedFacts): Variable[] {
  const configPath = project.ciConfigPath ?? '.gitlab-ci.yml';
  const fullRef = `refs/${pipeline.tag ? 'tags' : 'heads'}/${pipeline.ref}`;
  return [
    predefined('CI', true),
    predefined('GITLAB_CI', true),
    ...serverVariables(url, server),
    ...projectVariables(url, project),
    predefined('CI_DEFAULT_BRANCH', project.defaultBranch),
    predefined('CI_DEFAULT_BRANCH_SLUG', slug(project.defaultBranch)),
    predefined('CI_CONFIG_PATH', configPath),
    predefined('CI_CONFIG_REF_URI', `${new URL(url).host}/${project.fullPath}//${configPath}@${fullRef}`),
    predefined('CI_PIPELINE_ID', pipeline.id),
    predefined('CI_PIPELINE_IID', pipeline.iid),
    predefined('CI_PIPELINE_SOURCE', pipeline.source),
    predefined('CI_PIPELINE_URL', pipelineUrl(url, project, pipeline.id)),
    predefined('CI_PIPELINE_CREATED_AT', seconds(pipeline.createdAt)),
    ...(pipeline.source === 'trigger' ? [predefined('CI_PIPELINE_TRIGGERED', true)] : []),
    ...(pipeline.name === null ? [] : [predefined('CI_PIPELINE_NAME', pipeline.name)]),
    predefined('CI_COMMIT_SHA', pipeline.sha),
    predefined('CI_COMMIT_SHORT_SHA', pipeline.sha.slice(0, 8)),
    predefined('CI_COMMIT_BEFORE_SHA', pipeline.beforeSha),
    predefined('CI_COMMIT_REF_NAME', pipeline.ref),
    predefined('CI_COMMIT_REF_SLUG', slug(pipeline.ref)),
    predefined(pipeline.tag ? 'CI_COMMIT_TAG' : 'CI_COMMIT_BRANCH', pipeline.ref),
    predefined('CI_COMMIT_REF_PROTECTED', pipeline.protected),
    ...(commit === null ? [] : commitVariables(commit)),
  ];
}

function serverVariables(url: string, server: PredefinedFacts['server']): Variable[] {
  const { protocol, hostname, port, host } = new URL(url);
  const [major = '', minor = '', patch = ''] = server.version.split('.');
  return [
    predefined('CI_API_V4_URL', `${url}/api/v4`),
    predefined('CI_SERVER_URL', url),
    predefined('CI_SERVER_HOST', hostname),
    predefined('CI_SERVER_PORT', port || (protocol === 'https:' ? 443 : 80)),
    predefined('CI_SERVER_PROTOCOL', protocol.slice(0, -1)),
    predefined('CI_SERVER_FQDN', host),
    predefined('CI_SERVER_NAME', 'GitLab'),
    predefined('CI_SERVER_VERSION', server.version),
    predefined('CI_SERVER_VERSION_MAJOR', major),
    predefined('CI_SERVER_VERSION_MINOR', minor),
    predefined('CI_SERVER_VERSION_PATCH', patch),
    predefined('CI_SERVER_REVISION', server.revision),
  ];
}

function projectVariables(url: string, project: Project): Variable[] {
  const namespace = project.fullPath.slice(0, -project.path.length - 1);
  return [
    predefined('CI_PROJECT_ID', project.id),
    predefined('CI_PROJECT_NAME', project.path),
    predefined('CI_PROJECT_TITLE', project.name),
    predefined('CI_PROJECT_DESCRIPTION', project.description ?? ''),
    predefined('CI_PROJECT_PATH', project.fullPath),
    predefined('CI_PROJECT_PATH_SLUG', slug(project.fullPath)),
    predefined('CI_PROJECT_NAMESPACE', namespace),
    predefined('CI_PROJECT_NAMESPACE_SLUG', slug(namespace)),
    predefined('CI_PROJECT_NAMESPACE_ID', project.namespaceId),
    predefined('CI_PROJECT_ROOT_NAMESPACE', namespace.split('/', 1)[0] ?? ''),
    predefined('CI_PROJECT_URL', projectUrl(url, project)),
    predefined('CI_PROJECT_VISIBILITY', project.visibility),
    predefined('CI_PROJECT_TOPICS', project.topics.slice(0, 20).join(',')),
    predefined('CI_PROJECT_REPOSITORY_LANGUAGES', ''),
    predefined('CI_PROJECT_CLASSIFICATION_LABEL', ''),
  ];
}

function commitVariables(commit: Commit): Variable[] {
  const bytes = Buffer.from(commit.message);
  const isLong = bytes.length > longestMessage;
  return [
    predefined('CI_COMMIT_MESSAGE', isLong ? wholeCharacters(bytes.subarray(0, longestMessage)) : commit.message),
    predefined('CI_COMMIT_MESSAGE_IS_TRUNCATED', isLong),
    predefined('CI_COMMIT_TITLE', commit.title),
    predefined('CI_COMMIT_DESCRIPTION', descriptionOf(commit.message)),
    predefined('CI_COMMIT_AUTHOR', `${commit.authorName} <${commit.authorEmail}>`),
    predefined('CI_COMMIT_TIMESTAMP', withOffset(commit.committedAt, commit.committerOffset)),
  ];
}

/** Text of bytes that may end inside a character, which is left out then. */
function wholeCharacters(bytes: Buffer): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}

/** What follows the first line of a message. */
function descriptionOf(message: string): string {
  const end = message.indexOf('\n');
  return end < 0
    ? ''
    : message
        .slice(end + 1)
        .replace(/^[\r\n]+/, '')
        .trimEnd();
}

/** Variables of one job that are known when it is made. */
export function jobPredefined(job: Pick<Job, 'name' | 'stage' | 'when'>): Variable[] {
  return [
    predefined('CI_JOB_NAME', job.name),
    predefined('CI_JOB_NAME_SLUG', slug(job.name)),
    predefined('CI_JOB_GROUP_NAME', groupName(job.name)),
    predefined('CI_JOB_STAGE', job.stage),
    ...(job.when === 'manual' ? [predefined('CI_JOB_MANUAL', true)] : []),
    predefined('CI_NODE_TOTAL', 1),
  ];
}

/** Variables of one job that only the running job has. */
export function runningPredefined(url: string, project: Project, job: Pick<Job, 'id' | 'startedAt'>): Variable[] {
  const started = job.startedAt === null ? null : seconds(job.startedAt);
  return [
    predefined('CI_JOB_ID', job.id),
    predefined('CI_JOB_URL', jobUrl(url, project, job.id)),
    ...(started === null ? [] : [predefined('CI_JOB_STARTED_AT', started), predefined('CI_JOB_STARTED_AT_SLUG', slug(started))]),
  ];
}

/** Who started the pipeline, or the manual job. */
export function userVariables(user: User | null): Variable[] {
  if (user === null) return [];
  return [
    predefined('GITLAB_USER_ID', user.id),
    predefined('GITLAB_USER_LOGIN', user.username),
    predefined('GITLAB_USER_NAME', user.name),
    predefined('GITLAB_USER_EMAIL', user.email),
  ];
}

/** Name of a job without ` 1/3` or `: [x, y]` at its end (CI configuration 9.1). */
export function groupName(name: string): string {
  return name.replace(/[\s:]+(?:\[[^\]]*\]|\d+\s*[/:\\]\s*\d+)\s*$/, '');
}

/** ISO 8601 without milliseconds. */
function seconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** ISO 8601 in the zone `offset` minutes east of UTC: `2026-01-02T03:04:05+01:00`. */
function withOffset(time: number, offset: number): string {
  const local = new Date(time + offset * 60_000).toISOString().slice(0, 19);
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}
