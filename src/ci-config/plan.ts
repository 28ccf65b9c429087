/**
 * What a configuration compiles to: the shapes that pipeline creation, the job payload and the lint answer read.
 * Everything here is plain data, so a plan can be stored as JSON and read back.
 */

/** An image of a job or one of its services (CI configuration 5.1). */
export interface CompiledImage {
  name: string;
  entrypoint: string[] | null;
  /** Services only. */
  command: string[] | null;
  /** Services only: one text that may hold several names separated by spaces or commas. */
  alias: string | null;
  /** Always a list, also when the configuration names one policy. */
  pullPolicy: string[] | null;
  /** Services only. */
  variables: Record<string, string>;
  docker: { platform?: string; user?: string } | null;
  kubernetes: { user?: string } | null;
}

/** A variable of the configuration. `raw` is true for `expand: false`: nobody expands the value. */
export interface CompiledVariable {
  key: string;
  value: string;
  raw: boolean;
}

/** The archive that a job leaves behind (CI configuration 5.2). */
export interface CompiledArtifacts {
  /** Null: the default name. */
  name: string | null;
  paths: string[];
  /** Only agents with the feature `artifacts_exclude` can honour this. */
  exclude: string[];
  untracked: boolean;
  when: 'on_success' | 'on_failure' | 'always';
  /** As written; `never` keeps the archive for ever; null: the instance's default. */
  expireIn: string | null;
  /** Seconds; null when `expireIn` is null or `never`. */
  expireInSeconds: number | null;
  /** Who may read it: whoever may see the job, or with `private` members from developer on. Absent: `public`. */
  access?: 'public' | 'private';
}

/** One report of a job (CI configuration 5.2): uploaded whatever the result. */
export interface CompiledReport {
  /** As agents name it, such as `junit` or `cobertura` (runner protocol 5.7). */
  type: string;
  paths: string[];
}

/** One cache of a job (CI configuration 5.3). */
export interface CompiledCache {
  key: string;
  /** Set for a key that is made of files: their names, and what stands before the digest; `key` is then what counts without them. */
  keyFiles: { files: string[]; prefix: string | null } | null;
  paths: string[];
  untracked: boolean;
  policy: string;
  when: 'on_success' | 'on_failure' | 'always';
  fallbackKeys: string[];
  /** True: shared by protected and other refs. Absent: no. */
  unprotect?: boolean;
}

/** When a failed job is tried anew by itself (CI configuration 5.4). */
export interface CompiledRetry {
  /** Tries after the first: 0 to 2. */
  max: number;
  /** Failure reasons; empty or `always`: each. */
  when: string[];
  exitCodes: number[];
}

/** A job that has to end first. `artifacts`: its archive is fetched; `optional`: it may be absent from the pipeline. */
export interface CompiledNeed {
  job: string;
  artifacts: boolean;
  optional: boolean;
}

/** When a job may start, seen from the result of what lies before it. */
export type JobWhen = 'on_success' | 'on_failure' | 'always' | 'manual' | 'delayed';

/** A job with all inherited values in place. */
export interface CompiledJob {
  name: string;
  stage: string;
  /** Index into `Plan.stages`. */
  stageIndex: number;
  /** Flattened lines; `beforeScript` is not part of them. */
  script: string[];
  beforeScript: string[];
  afterScript: string[];
  image: CompiledImage | null;
  services: CompiledImage[];
  /** Global variables, then the job's own; a name stands once, at its first place, with its last value. */
  variables: CompiledVariable[];
  tags: string[];
  when: JobWhen;
  allowFailure: boolean;
  /** Null: the job waits for all earlier stages. Empty: it starts at once. */
  needs: CompiledNeed[] | null;
  /** Null: archives of all needed jobs, or of all earlier stages. Empty: none. */
  dependencies: string[] | null;
  /** The archive; null when nothing is kept but reports. */
  artifacts: CompiledArtifacts | null;
  reports: CompiledReport[];
  caches: CompiledCache[];
  /** Seconds; null: the project's. */
  timeout: number | null;
  retry: CompiledRetry | null;
  /** Exit codes with which a failure is allowed; null: `allowFailure` alone says. */
  allowFailureExitCodes: number[] | null;
  /** Seconds between its turn and its start, for `when: delayed`. */
  startIn: number | null;
  /** Name of the resource that only one job of the project holds at a time; variables are not expanded yet. */
  resourceGroup: string | null;
  /** Whether a newer pipeline may cancel it; null: not said, which counts as no. */
  interruptible: boolean | null;
}

/** What a job has that says nothing of these: also jobs that were stored before they were known. */
export const unsaidOfJob = {
  reports: [],
  caches: [],
  timeout: null,
  retry: null,
  allowFailureExitCodes: null,
  startIn: null,
  resourceGroup: null,
  interruptible: null,
} satisfies Partial<CompiledJob>;

/** The prefill of a manually started pipeline for one global variable. */
export interface VariableHelp {
  description: string | null;
  options: string[] | null;
}

/** A whole pipeline as the configuration describes it. */
export interface Plan {
  /** With `.pre` first and `.post` last. */
  stages: string[];
  /** Stage order, then document order. */
  jobs: CompiledJob[];
  /** Global variables. */
  variables: CompiledVariable[];
  /** By name; only variables that have a description or options. */
  variableHelp: Record<string, VariableHelp>;
}

/** The step that found an error. `unsupported`: valid in GitLab, but this server does not know it yet. */
export type ConfigErrorKind = 'yaml' | 'include' | 'extends' | 'reference' | 'keyword' | 'logical' | 'unsupported';

/** An error or a warning; `line` and `column` count from 1 and are null when the place is not known. */
export interface ConfigError {
  message: string;
  file: string;
  line: number | null;
  column: number | null;
  kind: ConfigErrorKind;
}

/** The result of a compilation. `mergedYaml`: the document after all merging, as text (CI configuration 7.4). */
export type Compiled =
  | { ok: true; plan: Plan; warnings: ConfigError[]; mergedYaml: string }
  | { ok: false; errors: ConfigError[]; warnings: ConfigError[] };
