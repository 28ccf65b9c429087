import { Type, type Static } from 'typebox';
import { invalid } from '../http/errors.ts';
import { ListOf, NullableInteger, OneOf } from '../http/parameters.ts';
import { parseDuration } from '../lib/duration.ts';
import { codePoints } from '../lib/code-points.ts';
import { visibilities } from './namespace.ts';
import { isInterval } from './project-input.ts';
import type { ApplicationSettings } from './settings.ts';

const registrars = ['project', 'group'] as const;

/** The application settings (runners API C.6). */
export const SettingsReply = Type.Object(
  {
    allow_runner_registration_token: Type.Boolean({ description: 'Whether registration tokens register runners at all.' }),
    valid_runner_registrars: ListOf(registrars, { description: 'Whose registration tokens register runners: of projects, of groups.' }),
    shared_runners_enabled: Type.Boolean({ description: 'Whether new projects let instance runners take their jobs.' }),
    shared_runners_text: Type.String({ description: 'Text for people about the instance runners.' }),
    runner_token_expiration_interval: NullableInteger({
      description: 'Seconds after which tokens of new instance runners expire, or null.',
    }),
    group_runner_token_expiration_interval: NullableInteger({ description: 'The same for group runners.' }),
    project_runner_token_expiration_interval: NullableInteger({ description: 'The same for project runners.' }),
    default_project_visibility: OneOf(visibilities, { description: 'Visibility of new projects.' }),
    default_branch_name: Type.String({ description: 'Default branch of new projects.' }),
    max_artifacts_size: Type.Integer({ description: 'MiB that one job may upload as an artifact.' }),
    max_log_size: Type.Integer({ description: 'MiB of one job’s log.' }),
    default_artifacts_expire_in: Type.String({ description: 'How long artifacts are kept, such as `30 days`; `0` for ever.' }),
    hide_runner_tokens: Type.Boolean({ description: 'true: no runner shows its token; new ones still get theirs once.' }),
    registered_runners_limit: Type.Integer({ description: 'Runners registered for one project or group; 0 for any number.' }),
    pending_job_timeout: Type.Integer({ description: 'Seconds after which a pending job fails that an online runner could take.' }),
    stuck_job_timeout: Type.Integer({ description: 'Seconds after which a pending job fails that no online runner can take.' }),
    silent_job_timeout: Type.Integer({ description: 'Seconds without an update after which a running job is ended.' }),
    job_lease: Type.Integer({
      description: 'Seconds without any call of the machine that runs a job after which the job is ended; 0 for never.',
    }),
    overdue_job_grace: Type.Integer({ description: 'Seconds past its timeout after which a running job is ended.' }),
    stale_schedule_timeout: Type.Integer({ description: 'Seconds past its time after which a delayed job fails that could not start.' }),
  },
  { title: 'SettingsReply' },
);
export type SettingsReply = Static<typeof SettingsReply>;

export const SettingsChange = Type.Partial(SettingsReply);
export type SettingsChange = Static<typeof SettingsChange>;

const longestText = 10_000;
/** 16 TiB in MiB; the sizes are multiplied to bytes. */
const largestSize = 16 * 1024 * 1024;
const longestThreshold = 366 * 24 * 3600;
/**
 * Shortest thresholds in seconds. A running job's update is written every 15 minutes, a contact of its machine every minute, and an
 * agent with nothing to log calls every 30 to 40 seconds: below these a job could end that is alive.
 */
const shortestThresholds = {
  pending_job_timeout: 60,
  stuck_job_timeout: 60,
  silent_job_timeout: 20 * 60,
  job_lease: 3 * 60,
  overdue_job_grace: 60,
  stale_schedule_timeout: 60,
} as const;

/** Settings → JSON. */
export function presentSettings(settings: ApplicationSettings): SettingsReply {
  return {
    allow_runner_registration_token: settings.allowRunnerRegistrationToken,
    valid_runner_registrars: settings.validRunnerRegistrars,
    shared_runners_enabled: settings.sharedRunnersEnabled,
    shared_runners_text: settings.sharedRunnersText,
    runner_token_expiration_interval: settings.runnerTokenExpirationInterval,
    group_runner_token_expiration_interval: settings.groupRunnerTokenExpirationInterval,
    project_runner_token_expiration_interval: settings.projectRunnerTokenExpirationInterval,
    default_project_visibility: settings.defaultProjectVisibility,
    default_branch_name: settings.defaultBranchName,
    max_artifacts_size: settings.maxArtifactsSize,
    max_log_size: settings.maxLogSize,
    default_artifacts_expire_in: settings.defaultArtifactsExpireIn,
    hide_runner_tokens: settings.hideRunnerTokens,
    registered_runners_limit: settings.registeredRunnersLimit,
    pending_job_timeout: settings.pendingJobTimeout,
    stuck_job_timeout: settings.stuckJobTimeout,
    silent_job_timeout: settings.silentJobTimeout,
    job_lease: settings.jobLease,
    overdue_job_grace: settings.overdueJobGrace,
    stale_schedule_timeout: settings.staleScheduleTimeout,
  };
}

/** JSON → settings; the opposite of `presentSettings`. */
export function settingsFrom(reply: SettingsReply): ApplicationSettings {
  return {
    allowRunnerRegistrationToken: reply.allow_runner_registration_token,
    validRunnerRegistrars: [...new Set(reply.valid_runner_registrars)],
    sharedRunnersEnabled: reply.shared_runners_enabled,
    sharedRunnersText: reply.shared_runners_text,
    runnerTokenExpirationInterval: reply.runner_token_expiration_interval,
    groupRunnerTokenExpirationInterval: reply.group_runner_token_expiration_interval,
    projectRunnerTokenExpirationInterval: reply.project_runner_token_expiration_interval,
    defaultProjectVisibility: reply.default_project_visibility,
    defaultBranchName: reply.default_branch_name,
    maxArtifactsSize: reply.max_artifacts_size,
    maxLogSize: reply.max_log_size,
    defaultArtifactsExpireIn: reply.default_artifacts_expire_in,
    hideRunnerTokens: reply.hide_runner_tokens,
    registeredRunnersLimit: reply.registered_runners_limit,
    pendingJobTimeout: reply.pending_job_timeout,
    stuckJobTimeout: reply.stuck_job_timeout,
    silentJobTimeout: reply.silent_job_timeout,
    jobLease: reply.job_lease,
    overdueJobGrace: reply.overdue_job_grace,
    staleScheduleTimeout: reply.stale_schedule_timeout,
  };
}

/** Throws 400 with what is wrong with the given settings, by name; absent ones are left alone. */
export function checkSettings(change: SettingsChange, isRefName: (name: string) => boolean): void {
  const problems: Record<string, string[]> = {};
  function note(name: string, isWrong: boolean, text: string): void {
    if (isWrong) problems[name] = [text];
  }
  for (const name of [
    'runner_token_expiration_interval',
    'group_runner_token_expiration_interval',
    'project_runner_token_expiration_interval',
  ] as const) {
    const seconds = change[name] ?? null;
    note(name, seconds !== null && !isInterval(seconds), 'must be greater than 0');
  }
  for (const name of ['max_artifacts_size', 'max_log_size'] as const) {
    const size = change[name];
    note(name, size !== undefined && size < 1, 'must be greater than 0');
    note(name, size !== undefined && size > largestSize, `must be less than or equal to ${largestSize}`);
  }
  const limit = change.registered_runners_limit;
  note('registered_runners_limit', limit !== undefined && limit < 0, 'must be greater than or equal to 0');
  note('registered_runners_limit', limit !== undefined && limit > 1_000_000_000, 'must be less than or equal to 1000000000');
  for (const [name, shortest] of Object.entries(shortestThresholds)) {
    const seconds = change[name as keyof typeof shortestThresholds];
    const isOff = name === 'job_lease' && seconds === 0;
    note(name, seconds !== undefined && seconds < shortest && !isOff, `must be greater than or equal to ${shortest}`);
    note(name, seconds !== undefined && seconds > longestThreshold, `must be less than or equal to ${longestThreshold}`);
  }
  const branch = change.default_branch_name;
  note('default_branch_name', branch !== undefined && !isRefName(branch), 'is not a valid branch name');
  const expiry = change.default_artifacts_expire_in;
  note('default_artifacts_expire_in', expiry !== undefined && parseDuration(expiry) === null, 'is not a correct duration');
  note(
    'shared_runners_text',
    codePoints(change.shared_runners_text ?? '') > longestText,
    `is too long (maximum is ${longestText} characters)`,
  );
  if (Object.keys(problems).length > 0) throw invalid(problems);
}
