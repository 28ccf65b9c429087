import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { JobArtifact, JobPayload, JobStep } from '../runner-api/wire.ts';
import { downloadArtifact } from './artifact-download.ts';
import { uploadArtifact } from './artifact-upload.ts';
import type { BuildFolders, JobFolders } from './build-folders.ts';
import { createJobApi, type JobApi } from './job-api.ts';
import { JobFailure, reasonFor } from './job-failure.ts';
import { JobLog } from './job-log.ts';
import { JobReporter } from './job-reporter.ts';
import { prepareVariables, type JobVariables } from './job-variables.ts';
import { Masker } from './masker.ts';
import { architecture, runnerRevision, runnerVersion } from './runner-info.ts';
import { ProcessGroups, type Shell } from './shell.ts';
import { emptyFolder, prepareFolder, remoteOf, sourceScript, strategyOf, writeCredentials } from './source-script.ts';
import { stepScript } from './step-script.ts';

/** What all jobs of a runner share. */
export interface JobSetting {
  server: string;
  /** Of the runner: must not be shown. */
  runnerToken: string;
  shell: Shell;
  folders: BuildFolders;
  /** Milliseconds between two looks at the log. */
  traceInterval: number;
  /** Milliseconds before another try of an up- or download. */
  retryDelay: number;
  /** The runner is to stop now. */
  signal: AbortSignal;
}

/** Milliseconds that an after_script may take. */
const afterScriptLimit = 5 * 60_000;
/** Milliseconds that programs get to end by themselves. */
const killGrace = 2000;

/** Runs one job from its payload to its last word. Never rejects: what goes wrong is the job's result. */
export async function runJob(setting: JobSetting, payload: JobPayload): Promise<void> {
  const api = createJobApi(setting.server, payload, setting.shell);
  const folders = await setting.folders.take(payload);
  try {
    await new RunningJob(setting, payload, api, folders).run();
  } finally {
    await setting.folders.release(folders);
  }
}

class RunningJob {
  readonly #setting: JobSetting;
  readonly #payload: JobPayload;
  readonly #api: JobApi;
  readonly #folders: JobFolders;
  readonly #groups = new ProcessGroups();
  /** Ends the script; after_script and uploads go on. */
  readonly #script = new AbortController();
  /** Ends everything. */
  readonly #all = new AbortController();
  #log = new JobLog(new Masker([]));
  #steps = 0;

  constructor(setting: JobSetting, payload: JobPayload, api: JobApi, folders: JobFolders) {
    this.#setting = setting;
    this.#payload = payload;
    this.#api = api;
    this.#folders = folders;
  }

  async run(): Promise<void> {
    const variables = await this.#variables();
    this.#log = new JobLog(this.#masker(variables));
    const reporter = new JobReporter(this.#api, this.#log, {
      interval: this.#setting.traceInterval,
      onCancel: () => this.#script.abort(new JobFailure('job_canceled', 'the job was canceled')),
      onGone: () => this.#endAll(new JobFailure('job_canceled', 'the job was canceled')),
    });
    const interrupted = () => this.#endAll(new JobFailure('runner_interrupted', 'the runner was stopped'));
    this.#setting.signal.addEventListener('abort', interrupted, { once: true });
    if (this.#setting.signal.aborted) interrupted();
    // The first call may say that the job is not wanted any more: then nothing of it happens.
    if (!(await reporter.confirm())) return;
    reporter.start();
    const failure = await this.#work(variables);
    this.#setting.signal.removeEventListener('abort', interrupted);
    await this.#groups.end(killGrace);
    this.#sayEnd(failure);
    this.#log.end();
    await reporter.finish(
      failure === null
        ? { state: 'success' }
        : {
            state: 'failed',
            failure_reason: reasonFor(this.#payload.features, failure.reason),
            ...(failure.exitCode === 0 ? {} : { exit_code: failure.exitCode }),
          },
    );
  }

  #endAll(reason: JobFailure): void {
    this.#script.abort(reason);
    this.#all.abort(reason);
  }

  async #work(variables: JobVariables): Promise<JobFailure | null> {
    const seconds = this.#payload.runner_info.timeout;
    const timer = setTimeout(
      () => this.#script.abort(new JobFailure('job_execution_timeout', `the job took longer than its ${seconds} seconds`)),
      Math.min(Math.max(seconds, 1), 2_000_000) * 1000,
    );
    try {
      const failure = await outcomeOf(() => this.#prepareAndRun(variables));
      await this.#afterScript(variables, failure);
      const upload = await outcomeOf(() => this.#upload(variables, failure));
      return failure ?? upload;
    } finally {
      clearTimeout(timer);
    }
  }

  async #prepareAndRun(variables: JobVariables): Promise<void> {
    this.#greet(variables);
    await this.#section('get_sources', 'Getting the sources', () => this.#getSources(variables));
    const wanted = this.#payload.dependencies.filter((dependency) => dependency.artifacts_file?.filename !== undefined);
    if (wanted.length > 0) {
      await this.#section('download_artifacts', 'Downloading artifacts', async () => {
        for (const dependency of wanted) {
          await downloadArtifact({ ...this.#transfer(), secrets: this.#folders.secrets, signal: this.#script.signal }, dependency);
        }
      });
    }
    for (const step of this.#payload.steps.filter((one) => one.name !== 'after_script')) {
      await this.#section(`step_${step.name}`, `Running the job's ${step.name}`, () => this.#runStep(step, variables, this.#script.signal));
    }
  }

  async #getSources(variables: JobVariables): Promise<void> {
    const { project, secrets } = this.#folders;
    const strategy = strategyOf(this.#payload, variables.environment);
    if (strategy === 'empty') return emptyFolder(project);
    await prepareFolder(project, strategy);
    if (strategy === 'none') return this.#log.line('The sources are left out (GIT_STRATEGY).');
    const remote = remoteOf(this.#payload.git_info.repo_url);
    const credentials = join(secrets, 'git-credentials');
    await writeCredentials(credentials, remote);
    const hook = (name: string) => (this.#payload.hooks ?? []).find((one) => one.name === name)?.script ?? [];
    const script = sourceScript({
      shell: this.#setting.shell,
      git: this.#payload.git_info,
      remote,
      credentials,
      variables: variables.environment,
      isShallow: existsSync(join(project, '.git', 'shallow')),
      before: hook('pre_get_sources_script'),
      after: hook('post_get_sources_script'),
    });
    const attempts = numberOf(variables.environment.get('GET_SOURCES_ATTEMPTS'), 1, 10);
    for (let attempt = 1; ; attempt++) {
      const code = await this.#runScript(script, variables, this.#script.signal);
      if (code === 0) return;
      if (attempt === attempts) throw new JobFailure('script_failure', `exit code ${code}`, code);
      this.#log.line(`Getting the sources failed (exit code ${code}), trying again`, 'warning');
    }
  }

  async #runStep(step: JobStep, variables: JobVariables, signal: AbortSignal): Promise<void> {
    const trace = variables.environment.get('CI_DEBUG_TRACE') === 'true';
    const code = await this.#runScript(stepScript(step.script, this.#setting.shell, trace), variables, signal);
    if (code !== 0) throw new JobFailure('script_failure', `exit code ${code}`, code);
  }

  /** Runs a script of the job in its folder. Throws the reason of the signal when that ended it. */
  async #runScript(text: string, variables: JobVariables, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const script = join(this.#folders.secrets, `script-${++this.#steps}`);
    await writeFile(script, text, { mode: 0o600 });
    const entry = this.#log.entry();
    const environment = { ...ownEnvironment(), ...Object.fromEntries(variables.environment) };
    const code = await this.#groups.run({
      shell: this.#setting.shell,
      script,
      folder: this.#folders.project,
      environment,
      output: (bytes) => entry.write(bytes),
      signal,
      killGrace,
    });
    entry.end();
    signal.throwIfAborted();
    return code;
  }

  /** Runs whatever became of the job, in a shell of its own, and changes nothing about the result (runner protocol 5.5). */
  async #afterScript(variables: JobVariables, failure: JobFailure | null): Promise<void> {
    const step = this.#payload.steps.find((one) => one.name === 'after_script');
    if (step === undefined || step.script.length === 0 || this.#all.signal.aborted) return;
    const status = failure === null ? 'success' : failure.reason === 'job_canceled' ? 'canceled' : 'failed';
    variables.environment.set('CI_JOB_STATUS', status);
    const signal = AbortSignal.any([this.#all.signal, AbortSignal.timeout(afterScriptLimit)]);
    const failed = await outcomeOf(() =>
      this.#section('after_script', 'Running after_script', () => this.#runStep(step, variables, signal)),
    );
    if (failed !== null) this.#log.line(`WARNING: after_script failed, but the job goes on: ${failed.message}`, 'warning');
  }

  async #upload(variables: JobVariables, failure: JobFailure | null): Promise<void> {
    const fits = (artifact: JobArtifact) =>
      artifact.when === 'always' || artifact.when === (failure === null ? 'on_success' : 'on_failure');
    const wanted = (this.#payload.artifacts ?? []).filter(fits);
    if (wanted.length === 0 || this.#all.signal.aborted) return;
    const section = failure === null ? 'upload_artifacts_on_success' : 'upload_artifacts_on_failure';
    await this.#section(section, 'Uploading artifacts', async () => {
      for (const artifact of wanted) {
        await uploadArtifact({ ...this.#transfer(), variables: variables.environment, signal: this.#all.signal }, artifact);
      }
    });
  }

  #transfer() {
    return { api: this.#api, log: this.#log, folder: this.#folders.project, retryDelay: this.#setting.retryDelay };
  }

  /** Marks that pages fold the log by (runner protocol 7.1). */
  async #section(name: string, title: string, work: () => Promise<void>): Promise<void> {
    this.#mark('start', name);
    this.#log.line(title, 'heading');
    try {
      await work();
    } finally {
      this.#mark('end', name);
    }
  }

  #mark(edge: 'start' | 'end', name: string): void {
    if (this.#payload.features.trace_sections !== true) return;
    this.#log.write(`section_${edge}:${Math.floor(Date.now() / 1000)}:${name}\r\u001b[0K`);
  }

  #greet(variables: JobVariables): void {
    this.#log.line(`Running with the built-in runner of Baton ${runnerVersion} (${this.#setting.shell.name} on ${hostname()})`);
    if (variables.skipped.length > 0)
      this.#log.line(`WARNING: variables that no shell can hold are left out: ${variables.skipped.join(', ')}`, 'warning');
  }

  #sayEnd(failure: JobFailure | null): void {
    if (failure === null) this.#log.line('Job succeeded', 'good');
    else this.#log.line(`ERROR: Job failed: ${failure.message}`, 'bad');
  }

  async #variables(): Promise<JobVariables> {
    const { builds, project, secrets, slot, projectSlot } = this.#folders;
    const own = {
      CI_SERVER: 'yes',
      CI_PROJECT_DIR: project,
      CI_BUILDS_DIR: builds,
      CI_CONCURRENT_ID: String(slot),
      CI_CONCURRENT_PROJECT_ID: String(projectSlot),
      CI_JOB_STATUS: 'running',
      CI_JOB_TIMEOUT: String(this.#payload.runner_info.timeout),
      CI_RUNNER_VERSION: runnerVersion,
      CI_RUNNER_REVISION: runnerRevision,
      CI_RUNNER_EXECUTABLE_ARCH: `${process.platform}/${architecture}`,
      CI_RUNNER_SHORT_TOKEN: this.#setting.runnerToken.replace(/^(glrt-)?t\d_/, '').slice(0, 8),
      CI_SHARED_ENVIRONMENT: 'true',
    };
    const all = [...this.#payload.variables, ...Object.entries(own).map(([key, value]) => ({ key, value, raw: true }))];
    return prepareVariables(all, join(secrets, 'files'));
  }

  #masker({ secrets }: JobVariables): Masker {
    const own = [this.#payload.token, this.#setting.runnerToken];
    return new Masker(
      [...secrets, ...own].filter((secret) => secret !== ''),
      this.#payload.features.token_mask_prefixes ?? [],
    );
  }
}

/** Null when `work` went through, else why it did not. */
async function outcomeOf(work: () => Promise<void>): Promise<JobFailure | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof JobFailure) return error;
    return new JobFailure('runner_system_failure', error instanceof Error ? error.message : String(error));
  }
}

function numberOf(text: string | undefined, least: number, most: number): number {
  const value = Number(text);
  return Number.isInteger(value) ? Math.min(Math.max(value, least), most) : least;
}

/** What jobs inherit of the runner's environment: everything but the settings and secrets of a server, and of npm. */
function ownEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(BATON_|npm_|NODE_)/.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}
