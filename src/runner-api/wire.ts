/**
 * What runners and server say to each other, word for word: the JSON of the runner protocol with its own field names.
 * Only types and small tables stand here, so that the built-in runner can share them with the server.
 *
 * A key marked `?` is left out when there is nothing to say; it is null only where its type says so. Agents drop a whole
 * payload for one wrong type (runner protocol 5).
 */

/** Flags of `info.features` in the order in which agents learnt them (runner protocol 4.2). */
export const featureFlags = [
  'variables',
  'image',
  'services',
  'artifacts',
  'cache',
  'shared',
  'upload_multiple_artifacts',
  'upload_raw_artifacts',
  'session',
  'terminal',
  'refspecs',
  'masking',
  'proxy',
  'raw_variables',
  'artifacts_exclude',
  'multi_build_steps',
  'trace_reset',
  'trace_checksum',
  'vault_secrets',
  'cancelable',
  'trace_size',
  'return_exit_code',
  'service_variables',
  'service_multiple_aliases',
  'fallback_cache_keys',
  'image_executor_opts',
  'service_executor_opts',
  'cancel_gracefully',
  'native_steps_integration',
  'two_phase_job_commit',
  'job_inputs',
] as const;
export type FeatureFlag = (typeof featureFlags)[number];
export type Features = Partial<Record<FeatureFlag, boolean>>;

/** What an agent says about itself, in every call with a runner token (runner protocol 4.1). */
export interface RunnerInfo {
  name?: string;
  version?: string;
  revision?: string;
  platform?: string;
  architecture?: string;
  executor?: string;
  shell?: string;
  features?: Features;
  config?: { gpus?: string };
  labels?: Record<string, string>;
}

/** `POST /runners` (runner protocol 3.3). */
export interface RegisterBody {
  /** A registration token. */
  token: string;
  description?: string;
  /** Separated by commas. */
  tag_list?: string;
  run_untagged?: boolean;
  locked?: boolean;
  /** Agents up to 14.10; the opposite of `paused`. */
  active?: boolean;
  paused?: boolean;
  /** Seconds, at least 600. */
  maximum_timeout?: number;
  access_level?: 'not_protected' | 'ref_protected';
  maintenance_note?: string;
  info?: RunnerInfo;
}

/** Answer 201 of `POST /runners`. */
export interface RegisterReply {
  id: number;
  /** Runner authentication token. */
  token: string;
  /** RFC 3339. */
  token_expires_at: string | null;
}

/** `POST /runners/verify` (runner protocol 3.4). */
export interface VerifyBody {
  token: string;
  /** `s_` or `r_` and 12 letters or digits. */
  system_id?: string;
  info?: RunnerInfo;
}

/** Answer 200 of `POST /runners/verify`. */
export type VerifyReply = RegisterReply;

/** Answer 201 of both `reset_authentication_token` calls (runner protocol 3.5). */
export type ResetTokenReply = Omit<RegisterReply, 'id'>;

/** `POST /jobs/request` (runner protocol 4.1). */
export interface JobRequest {
  token: string;
  system_id?: string;
  /** The last `X-GitLab-Last-Update` that was received. */
  last_update?: string;
  session?: { url: string; certificate: string; authorization: string };
  info?: RunnerInfo;
}

/** Answer 201 of `POST /jobs/request` (runner protocol 5.1). */
export interface JobPayload {
  id: number;
  /** Job token. */
  token: string;
  /** Whether `fetch` is the default git strategy; else `clone`. */
  allow_git_fetch: boolean;
  job_info: JobInfo;
  git_info: GitInfo;
  /** `timeout` in seconds. */
  runner_info: { timeout: number; uuid?: string };
  /** The last one of a name wins. */
  variables: JobVariable[];
  steps: JobStep[];
  image: JobImage | null;
  services: JobImage[];
  artifacts: JobArtifact[] | null;
  cache: JobCache[];
  credentials: JobCredentials[];
  dependencies: JobDependency[];
  features: JobFeatures;
  hooks?: JobHook[];
  /** Name → where the agent finds the secret; an empty array is a fatal error. */
  secrets?: Record<string, Record<string, unknown>>;
  /** A list of steps as JSON text, never null or empty. */
  run?: string;
  policy_options?: Record<string, unknown>;
  inputs?: { key: string; value: { content: unknown; type: string; sensitive: boolean } }[];
  suspend_options?: { suspend_on_success?: boolean; suspend_on_failure?: boolean; environment_key?: string };
}

/** Runner protocol 5.2. */
export interface JobInfo {
  id?: number;
  name: string;
  stage: string;
  project_id: number;
  project_name: string;
  time_in_queue_seconds?: number;
  /** Text: a number, `10+`, or `+Inf` for runners that are not instance runners. */
  project_jobs_running_on_instance_runners_count?: string;
  queue_size?: number;
  queue_depth?: number;
  project_full_path?: string;
  namespace_id?: number;
  root_namespace_id?: number;
  organization_id?: number;
  instance_id?: string;
  instance_uuid?: string;
  user_id?: number;
  scoped_user_id?: number | null;
  pipeline_id?: number;
}

/** Runner protocol 5.3. */
export interface GitInfo {
  /** With user `gitlab-ci-token` and the job token as password. */
  repo_url: string;
  /** Name of the branch or tag. */
  ref: string;
  /** Full object id. */
  sha: string;
  /** 40 zeros when unknown. */
  before_sha: string;
  ref_type: 'branch' | 'tag';
  refspecs: string[];
  /** 0: the whole history. */
  depth: number;
  repo_object_format?: 'sha1' | 'sha256';
  protected?: boolean | null;
}

/** Runner protocol 5.4. */
export interface JobVariable {
  key: string;
  value: string;
  /** Public ones only reach service containers. */
  public?: boolean;
  /** The value is written to a file, and the variable holds its path. */
  file?: boolean;
  masked?: boolean;
  /** References in the value stay as they are. */
  raw?: boolean;
}

/** Runner protocol 5.5. */
export interface JobStep {
  name: 'script' | 'release' | 'after_script';
  script: string[];
  /** Seconds. */
  timeout: number;
  when: ArtifactWhen;
  allow_failure: boolean;
}

/** An image or, with `alias`, `command` and `variables`, a service (runner protocol 5.6). */
export interface JobImage {
  name: string;
  alias?: string;
  command?: string[] | null;
  entrypoint?: string[] | null;
  ports?: { number: number; protocol?: string; name?: string }[];
  variables?: JobVariable[];
  pull_policy?: ('always' | 'if-not-present' | 'never')[] | null;
  /** An unknown key in it makes the agent fail the job. */
  executor_opts?: { docker?: { platform?: string; user?: string }; kubernetes?: { user?: string } };
}

export type ArtifactWhen = 'on_success' | 'on_failure' | 'always';
export type ArtifactFormat = 'zip' | 'gzip' | 'raw';

/** One upload that the agent has to make (runner protocol 5.7). */
export interface JobArtifact {
  /** File name without extension; null: `artifacts`. */
  name: string | null;
  untracked?: boolean;
  paths: string[];
  /** Only when not empty, and only to agents with `artifacts_exclude`. */
  exclude?: string[];
  when: ArtifactWhen;
  /** Given back verbatim with the upload. */
  expire_in?: string | null;
  artifact_type: ArtifactType;
  artifact_format: ArtifactFormat;
}

/** Runner protocol 5.8. */
export interface JobCache {
  key: string;
  untracked: boolean;
  paths: string[];
  policy: 'pull-push' | 'pull' | 'push';
  when?: ArtifactWhen;
  fallback_keys?: string[];
}

/** Runner protocol 5.1. */
export interface JobCredentials {
  type: string;
  url: string;
  username: string;
  password: string;
}

/** A job whose archive is fetched first (runner protocol 5.9). */
export interface JobDependency {
  id: number;
  name: string;
  /** Sent as `JOB-TOKEN` with the download. */
  token: string;
  /** Left out when the job has no archive. `size` in bytes. */
  artifacts_file?: { filename: string; size: number };
}

/** Runner protocol 5.10. */
export interface JobFeatures {
  /** Whether the log gets `section_start:` and `section_end:` marks. */
  trace_sections?: boolean;
  failure_reasons?: string[];
  token_mask_prefixes?: string[];
}

/** Runner protocol 5.1. */
export interface JobHook {
  name: 'pre_get_sources_script' | 'post_get_sources_script';
  script: string[];
}

/** `PUT /jobs/:id` (runner protocol 6.1). */
export interface JobUpdate {
  /** Job token. */
  token: string;
  /** `pending`: an agent that has not yet confirmed its job (runner protocol 12). */
  state: 'pending' | 'running' | 'success' | 'failed';
  failure_reason?: string;
  /** Exit status of the failing line; left out when it is 0. */
  exit_code?: number;
  /** `bytesize` and `checksum` (`crc32:` and 8 hexadecimal digits) of the whole log so far. */
  output?: { checksum?: string; bytesize?: number };
  /** The same checksum, as agents 13.4 to 13.6 send it. */
  checksum?: string;
  /** Agents up to 11.10: the whole log as text. */
  trace?: string;
  info?: RunnerInfo;
}

/** Reasons that agents may send, announced in `features.failure_reasons`; they map others to older ones (runner protocol 15.4). */
export const acceptedFailureReasons = [
  'unknown_failure',
  'script_failure',
  'api_failure',
  'stuck_or_timeout_failure',
  'runner_system_failure',
  'missing_dependency_failure',
  'runner_unsupported',
  'job_execution_timeout',
  'unmet_prerequisites',
  'image_pull_failure',
  'configuration_error',
  'runner_configuration_error',
  'runner_external_dependency_failure',
  'runner_interrupted',
] as const;
export type AcceptedFailureReason = (typeof acceptedFailureReasons)[number];

/** How a type of artifact is stored. `fileName` null: named by the job. `internal`: no job can ask for it as a report. */
export interface ArtifactKind {
  format: ArtifactFormat;
  fileName: string | null;
  internal?: true;
}

function kind<F extends ArtifactFormat>(format: F, fileName: string): { format: F; fileName: string } {
  return { format, fileName };
}

/** Every type of artifact (runner protocol 5.7, CI configuration 5.2). */
export const artifactTypes = {
  archive: { format: 'zip', fileName: null, internal: true },
  metadata: { format: 'gzip', fileName: null, internal: true },
  trace: { format: 'raw', fileName: null, internal: true },
  junit: kind('gzip', 'junit.xml'),
  dotenv: kind('gzip', '.env'),
  cobertura: kind('gzip', 'cobertura-coverage.xml'),
  jacoco: kind('gzip', 'jacoco-coverage.xml'),
  metrics: kind('gzip', 'metrics.txt'),
  metrics_referee: { format: 'gzip', fileName: null, internal: true },
  network_referee: { format: 'gzip', fileName: null, internal: true },
  cyclonedx: kind('gzip', 'gl-sbom.cdx.json'),
  annotations: kind('gzip', 'gl-annotations.json'),
  repository_xray: kind('gzip', 'gl-repository-xray.json'),
  cluster_applications: kind('gzip', 'gl-cluster-applications.json'),
  sast: kind('raw', 'gl-sast-report.json'),
  secret_detection: kind('raw', 'gl-secret-detection-report.json'),
  dependency_scanning: kind('raw', 'gl-dependency-scanning-report.json'),
  container_scanning: kind('raw', 'gl-container-scanning-report.json'),
  cluster_image_scanning: kind('raw', 'gl-cluster-image-scanning-report.json'),
  dast: kind('raw', 'gl-dast-report.json'),
  license_scanning: kind('raw', 'gl-license-scanning-report.json'),
  api_fuzzing: kind('raw', 'gl-api-fuzzing-report.json'),
  coverage_fuzzing: kind('raw', 'gl-coverage-fuzzing.json'),
  accessibility: kind('raw', 'gl-accessibility.json'),
  codequality: kind('raw', 'gl-code-quality-report.json'),
  performance: kind('raw', 'performance.json'),
  browser_performance: kind('raw', 'browser-performance.json'),
  load_performance: kind('raw', 'load-performance.json'),
  terraform: kind('raw', 'tfplan.json'),
  requirements: kind('raw', 'requirements.json'),
  requirements_v2: kind('raw', 'requirements_v2.json'),
  sarif: kind('raw', 'gl-sarif-report.sarif'),
  lsif: kind('zip', 'lsif.json'),
  scip: kind('zip', 'index.scip'),
} as const satisfies Record<string, ArtifactKind>;
export type ArtifactType = keyof typeof artifactTypes;

/** Headers of answers: the queue value to send back (4.3), the interval of log patches in seconds (6.2), the state of the job (6.2). */
export const lastUpdateHeader = 'X-GitLab-Last-Update';
export const traceIntervalHeader = 'X-GitLab-Trace-Update-Interval';
export const jobStatusHeader = 'Job-Status';
