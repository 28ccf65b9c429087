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
}

/** A job that has to end first. `artifacts`: its archive is fetched; `optional`: it may be absent from the pipeline. */
export interface CompiledNeed {
  job: string;
  artifacts: boolean;
  optional: boolean;
}

/** When a job may start, seen from the result of what lies before it. */
export type JobWhen = 'on_success' | 'on_failure' | 'always' | 'manual';

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
  artifacts: CompiledArtifacts | null;
}

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
