import type { Generated } from 'kysely';

/**
 * The rows of all tables. Times are milliseconds since the epoch, flags are 0 or 1 and structured values are JSON text,
 * alike on both engines (docs/decisions/0002-one-schema-for-two-engines.md). Plain dates are `YYYY-MM-DD` text.
 */
export interface Tables {
  users: UserRow;
  personal_access_tokens: PersonalAccessTokenRow;
  settings: SettingsRow;
  registration_tokens: RegistrationTokenRow;
  namespaces: NamespaceRow;
  namespace_ancestors: NamespaceAncestorRow;
  projects: ProjectRow;
  members: MemberRow;
  variables: VariableRow;
  protected_refs: ProtectedRefRow;
  runners: RunnerRow;
  runner_managers: RunnerManagerRow;
  runner_projects: RunnerProjectRow;
  runner_groups: RunnerGroupRow;
  commits: CommitRow;
  pipelines: PipelineRow;
  pipeline_variables: PipelineVariableRow;
  jobs: JobRow;
  job_definitions: JobDefinitionRow;
  job_needs: JobNeedRow;
  tag_sets: TagSetRow;
  pending_jobs: PendingJobRow;
  running_jobs: RunningJobRow;
  artifacts: ArtifactRow;
  scheduled_jobs: ScheduledJobRow;
  unconfirmed_jobs: UnconfirmedJobRow;
  resource_groups: ResourceGroupRow;
  dotenv_variables: DotenvVariableRow;
}

export interface UserRow {
  id: Generated<number>;
  username: string;
  name: string;
  email: string;
  /** `active` or `blocked`. */
  state: string;
  admin: number;
  external: number;
  /** argon2id in PHC form; null: cannot sign in with a password. */
  password_hash: string | null;
  created_at: number;
  updated_at: number;
}

export interface PersonalAccessTokenRow {
  id: Generated<number>;
  user_id: number;
  name: string;
  description: string | null;
  /** JSON array of scope names. */
  scopes: string;
  digest: string;
  impersonation: number;
  revoked: number;
  created_at: number;
  expires_at: string | null;
  last_used_at: number | null;
}

/** One row, id 1: the application settings as JSON. */
export interface SettingsRow {
  id: number;
  data: string;
  updated_at: number;
}

export interface RegistrationTokenRow {
  /** `instance`, `group` or `project`. */
  scope: string;
  /** Id of the group or project; 0 for the instance. */
  subject_id: number;
  sealed: string;
  digest: string;
  created_at: number;
}

export interface NamespaceRow {
  id: Generated<number>;
  /** `user` or `group`. */
  kind: string;
  name: string;
  path: string;
  /** Names from the root group down, joined by ` / `. */
  full_name: string;
  full_path: string;
  /** Lower case of `full_path`: paths are matched without regard to case. */
  path_key: string;
  parent_id: number | null;
  /** The user of a user namespace. */
  owner_id: number | null;
  description: string;
  /** `private`, `internal` or `public`. */
  visibility: string;
  shared_runners_setting: string;
  created_at: number;
  updated_at: number;
}

/** Closure of the tree of groups: every namespace with itself (depth 0) and all groups above it. */
export interface NamespaceAncestorRow {
  namespace_id: number;
  ancestor_id: number;
  depth: number;
}

export interface ProjectRow {
  id: Generated<number>;
  namespace_id: number;
  name: string;
  path: string;
  full_path: string;
  path_key: string;
  description: string | null;
  visibility: string;
  default_branch: string;
  creator_id: number;
  shared_runners_enabled: number;
  group_runners_enabled: number;
  jobs_enabled: number;
  /** Seconds. */
  build_timeout: number;
  ci_config_path: string | null;
  /** Commits a shallow fetch brings; 0 for all. */
  git_depth: number;
  allow_git_fetch: number;
  public_jobs: number;
  archived: number;
  /** JSON array. */
  topics: string;
  /** Seconds, or null. */
  runner_token_expiration_interval: number | null;
  last_pipeline_iid: number;
  created_at: number;
  updated_at: number;
  last_activity_at: number;
}

export interface MemberRow {
  id: Generated<number>;
  /** `group` or `project`. */
  source: string;
  source_id: number;
  user_id: number;
  access_level: number;
  expires_at: string | null;
  created_by: number | null;
  created_at: number;
}

export interface VariableRow {
  id: Generated<number>;
  /** `instance`, `group` or `project`. */
  scope: string;
  /** Id of the group or project; 0 for the instance. */
  subject_id: number;
  key: string;
  sealed_value: string;
  /** `env_var` or `file`. */
  variable_type: string;
  protected: number;
  masked: number;
  /** 1: the value is never shown again. */
  hidden: number;
  raw: number;
  environment_scope: string;
  description: string | null;
  created_at: number;
}

export interface ProtectedRefRow {
  id: Generated<number>;
  project_id: number;
  /** `branch` or `tag`. */
  kind: string;
  /** Name, or pattern with `*`. */
  name: string;
  /** Lowest access level that may push (branch) or create (tag); 0: no one. */
  push_level: number;
  merge_level: number;
  allow_force_push: number;
  created_at: number;
}

export interface RunnerRow {
  id: Generated<number>;
  /** `instance_type`, `group_type` or `project_type`. */
  type: string;
  description: string | null;
  maintenance_note: string | null;
  sealed_token: string;
  token_digest: string;
  token_expires_at: number | null;
  active: number;
  locked: number;
  run_untagged: number;
  access_level: string;
  /** Seconds, or null. */
  maximum_timeout: number | null;
  /** JSON array, in the order given; `tag_set_id` is the same for look-ups. */
  tags: string;
  tag_set_id: number;
  /** `info.name` of the agent, and what the manager with the latest contact said of itself. */
  name: string | null;
  version: string | null;
  revision: string | null;
  platform: string | null;
  architecture: string | null;
  ip_address: string | null;
  contacted_at: number | null;
  /** The project the runner was created for, which the owner rules ask for; null for other types. */
  owner_project_id: number | null;
  creator_id: number | null;
  /** `registration_token` or `authenticated_user`. */
  registration_type: string;
  /** `started` until the first job request of a runner that was created by a user, then `finished`. */
  creation_state: string;
  /** Who paused it, and when; null while it takes jobs, and for pauses before this was noted. */
  paused_by: number | null;
  paused_at: number | null;
  created_at: number;
  updated_at: number;
}

export interface RunnerManagerRow {
  id: Generated<number>;
  runner_id: number;
  system_id: string;
  version: string | null;
  revision: string | null;
  platform: string | null;
  architecture: string | null;
  executor: string | null;
  ip_address: string | null;
  /** JSON objects as the agent sent them. */
  config: Generated<string>;
  labels: Generated<string>;
  features: Generated<string>;
  created_at: number;
  contacted_at: number | null;
}

export interface RunnerProjectRow {
  runner_id: number;
  project_id: number;
  created_at: number;
}

export interface RunnerGroupRow {
  runner_id: number;
  group_id: number;
}

/** What the API shows of a commit, kept so that lists of jobs need no git. */
export interface CommitRow {
  project_id: number;
  sha: string;
  data: string;
}

export interface PipelineRow {
  id: Generated<number>;
  iid: number;
  project_id: number;
  /** Short name of the branch or tag. */
  ref: string;
  tag: number;
  protected: number;
  sha: string;
  before_sha: string;
  source: string;
  status: string;
  user_id: number | null;
  yaml_errors: string | null;
  name: string | null;
  created_at: number;
  updated_at: number;
  started_at: number | null;
  finished_at: number | null;
  /** Seconds of running jobs, or null before the end. */
  duration: number | null;
}

export interface PipelineVariableRow {
  pipeline_id: number;
  position: number;
  key: string;
  sealed_value: string;
  variable_type: string;
  raw: number;
}

export interface JobRow {
  id: Generated<number>;
  pipeline_id: number;
  project_id: number;
  name: string;
  stage: string;
  stage_index: number;
  status: string;
  when: string;
  allow_failure: number;
  /** `stage` or `dag` (has `needs`). */
  scheduling: string;
  ref: string;
  tag: number;
  protected: number;
  user_id: number | null;
  tag_set_id: number;
  runner_id: number | null;
  manager_id: number | null;
  /** Digest of the job token; null before the claim and after the end. */
  token_digest: string | null;
  /** 1: the manager that took the job can stop it gracefully (runner protocol 11). */
  cancel_gracefully: number;
  /** Seconds, decided at the claim. */
  timeout: number | null;
  timeout_source: string | null;
  failure_reason: string | null;
  /** What was known when the server ended it by itself: JSON of `FailureEvidence`; null otherwise. */
  failure_evidence: string | null;
  exit_code: number | null;
  coverage: number | null;
  /** When a delayed job is due. */
  scheduled_at: number | null;
  /** 1: a newer pipeline may cancel it. */
  interruptible: Generated<number>;
  /** The resource that it has to hold while it runs. */
  resource_group_id: number | null;
  /** 1: the log tells everything that the shell does, secrets too (runner protocol 7.1). */
  debug_log: Generated<number>;
  retried: number;
  /** Number of tries before this one. */
  attempt: number;
  /** Bytes and CRC-32 of the finished log; null while it grows. */
  trace_size: number | null;
  trace_crc32: number | null;
  artifacts_expire_at: number | null;
  erased_at: number | null;
  created_at: number;
  updated_at: number;
  queued_at: number | null;
  started_at: number | null;
  finished_at: number | null;
}

export interface JobDefinitionRow {
  job_id: number;
  /** JSON of the compiled job. */
  definition: string;
  /** JSON array of variables given when a manual job was played; sealed. */
  sealed_variables: string | null;
}

export interface JobNeedRow {
  job_id: number;
  name: string;
  artifacts: number;
  optional: number;
}

export interface TagSetRow {
  id: Generated<number>;
  /** JSON array of the sorted, distinct tags. */
  tags: string;
}

/** One row for each job in status `pending`: what the search for a job looks at. */
export interface PendingJobRow {
  job_id: number;
  project_id: number;
  tag_set_id: number;
  protected: number;
  queued_at: number;
}

/** One row for each job in status `running` or `canceling`. */
export interface RunningJobRow {
  job_id: number;
  project_id: number;
  runner_id: number;
  manager_id: number | null;
  /** 1: runs on an instance runner, and counts for the fair order. */
  instance_runner: number;
}

export interface ArtifactRow {
  id: Generated<number>;
  job_id: number;
  project_id: number;
  file_type: string;
  file_format: string;
  filename: string;
  size: number;
  sha256: string;
  object_key: string;
  /** `public` or `private`. */
  accessibility: string;
  expire_at: number | null;
  created_at: number;
}

/** One row for each job in status `scheduled`. */
export interface ScheduledJobRow {
  job_id: number;
  due_at: number;
}

/**
 * One row for each job that is given to a machine and still `pending`, since its agent confirms it in a second step (runner
 * protocol 12). Such a job has no row in `pending_jobs`.
 */
export interface UnconfirmedJobRow {
  job_id: number;
  project_id: number;
  runner_id: number;
  manager_id: number;
  /** Without a sign of the agent until then it is dropped. */
  confirm_by: number;
}

/** What only one job of a project holds at a time (CI configuration 5.7). */
export interface ResourceGroupRow {
  id: Generated<number>;
  project_id: number;
  key: string;
  /** `unordered`, `oldest_first`, `newest_first` or `newest_ready_first`. */
  process_mode: string;
  /** The job that holds it. */
  job_id: number | null;
  created_at: number;
  updated_at: number;
}

/** A variable that a job leaves to those after it, from a dotenv report (runner protocol 8.2). */
export interface DotenvVariableRow {
  job_id: number;
  position: number;
  key: string;
  sealed_value: string;
}
