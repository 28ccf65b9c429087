import { join } from 'node:path';
import type { JobPayload, JobVariable } from '../runner-api/wire.ts';
import type { JobFolders } from './build-folders.ts';
import { expand, prepareVariables, type JobVariables } from './job-variables.ts';
import { Masker } from './masker.ts';
import { architecture, platform, runnerRevision, runnerVersion } from './runner-info.ts';
import { remoteOf } from './source-script.ts';

/** Seconds that a job may take when the server does not say (runner protocol 13). */
const defaultTimeout = 7200;
/** Longest time that a timer can hold, in seconds. */
const longestTimeout = 2_000_000;

/** Seconds that the job may take. */
export function timeoutOf({ runner_info: { timeout } }: JobPayload): number {
  return timeout > 0 ? Math.min(timeout, longestTimeout) : defaultTimeout;
}

/** The job's variables and, over them, those that only the runner knows (runner protocol 5.4). Throws as `prepareVariables` does. */
export async function jobVariables(payload: JobPayload, folders: JobFolders, runnerToken: string): Promise<JobVariables> {
  const own: Record<string, string> = {
    CI_SERVER: 'yes',
    CI_PROJECT_DIR: folders.project,
    CI_BUILDS_DIR: folders.builds,
    CI_CONCURRENT_ID: String(folders.slot),
    CI_CONCURRENT_PROJECT_ID: String(folders.projectSlot),
    CI_JOB_STATUS: 'running',
    CI_JOB_TIMEOUT: String(timeoutOf(payload)),
    CI_RUNNER_VERSION: runnerVersion,
    CI_RUNNER_REVISION: runnerRevision,
    CI_RUNNER_EXECUTABLE_ARCH: `${platform}/${architecture}`,
    CI_RUNNER_SHORT_TOKEN: runnerToken.replace(/^(glrt-)?(t\d_)?/, '').slice(0, 8),
    CI_SHARED_ENVIRONMENT: 'true',
  };
  const named = (key: string, value: string): JobVariable => ({ key, value, raw: true });
  const mine = Object.entries(own).map(([key, value]) => named(key, value));
  // In front: the job's own variables may refer to them, as in CACHE=$CI_PROJECT_DIR/cache.
  const others = payload.variables.filter((variable) => !Object.hasOwn(own, variable.key));
  const variables = await prepareVariables([...mine, ...others], join(folders.secrets, 'files'));
  if (payload.image !== null && payload.image !== undefined) {
    variables.environment.set('CI_JOB_IMAGE', expand(payload.image.name, variables.environment, 'image'));
  }
  return variables;
}

/** Hides everything in the log that came as a secret: masked variables, tokens and passwords. */
export function jobMasker(payload: JobPayload, secrets: readonly string[], runnerToken: string): Masker {
  const hidden = [
    ...secrets,
    payload.token,
    runnerToken,
    ...payload.credentials.map((one) => one.password),
    ...payload.dependencies.map((one) => one.token),
    ...passwordsIn(payload.git_info.repo_url),
  ];
  const known = hidden.filter((secret) => typeof secret === 'string' && secret !== '');
  return new Masker(known, payload.features.token_mask_prefixes ?? []);
}

function passwordsIn(url: string): string[] {
  try {
    return remoteOf(url).secrets;
  } catch {
    return [];
  }
}

/** Settings of programs that start the runner, and of a git that may have started it: not meant for jobs. */
const withheld = /^(BATON_|npm_|NODE_|GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|COMMON_DIR|NAMESPACE|PREFIX)$)/;

/** What the job's programs see: the runner's own environment, as far as it is no server's, and the variables. */
export function environmentOf(variables: JobVariables): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !withheld.test(name));
  return Object.fromEntries([...kept.map(([name, value]) => [name, value ?? '']), ...variables.environment]) as Record<string, string>;
}
