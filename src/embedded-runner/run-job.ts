import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { JobArtifact, JobPayload, JobStep } from '../runner-api/wire.ts';
import { systemClock } from '../lib/clock.ts';
import { downloadArtifact } from './artifact-download.ts';
import { uploadArtifact } from './artifact-upload.ts';
import type { BuildFolders, JobFolders } from './build-folders.ts';
import { getSources } from './get-sources.ts';
import { createJobApi, type JobApi } from './job-api.ts';
import { environmentOf, jobMasker, jobVariables, timeoutOf } from './job-environment.ts';
import { JobFailure, reasonFor } from './job-failure.ts';
import { JobLog } from './job-log.ts';
import { JobReporter, type JobEnd } from './job-reporter.ts';
import type { JobVariables } from './job-variables.ts';
import { runnerVersion } from './runner-info.ts';
import { ProcessGroups, type Shell } from './shell.ts';
import { stepScript } from './step-script.ts';

/** What all jobs of a runner share. Times are milliseconds. */
export interface JobSetting {
  server: string;
  /** Of the runner: must not be shown. */
  runnerToken: string;
  shell: Shell;
  folders: BuildFolders;
  /** Between two looks at the log. */
  traceInterval: number;
  /** Between two signs of life of a silent job. */
  keepAlive: number;
  /** Before another try of an up- or download, or of delivering the end. */
  retryDelay: number;
  /** What an after_script may take. */
  afterScriptLimit: number;
  /** What programs get to end by themselves. */
  killGrace: number;
  /** Bytes of a log. */
  outputLimit: number;
  /** The runner stops: no job may go on. */
  signal: AbortSignal;
  /** Nor may the runner go on trying to tell the server. */
  giveUp: AbortSignal;
}

/** Runs one job from its payload to its last word; what goes wrong is the job's result. Rejects only for a fault of the runner itself. */
export async function runJob(setting: JobSetting, payload: JobPayload): Promise<void> {
  const job = new RunningJob(setting, payload);
  await job.run();
}

class RunningJob {
  readonly #setting: JobSetting;
  readonly #payload: JobPayload;
  readonly #api: JobApi;
  readonly #groups = new ProcessGroups();
  /** Ends the script; after_script and uploads go on. */
  readonly #script = new AbortController();
  /** Ends everything. */
  readonly #all = new AbortController();
  readonly #log: JobLog;
  #scripts = 0;
  /** Whether a step of the job has begun: before that there is nothing to tidy up or to upload. */
  #begun = false;

  constructor(setting: JobSetting, payload: JobPayload) {
    this.#setting = setting;
    this.#payload = payload;
    this.#api = createJobApi(setting.server, payload, setting.shell);
    this.#log = new JobLog(jobMasker(payload, valuesToMask(payload), setting.runnerToken), setting.outputLimit);
  }

  async run(): Promise<void> {
    const { traceInterval, keepAlive, retryDelay, signal, giveUp } = this.#setting;
    const canceled = new JobFailure('job_canceled', 'the job was canceled');
    const reporter = new JobReporter(this.#api, this.#log, {
      interval: traceInterval,
      keepAlive,
      retryDelay,
      onCancel: () => this.#script.abort(canceled),
      onGone: () => this.#endAll(canceled),
    });
    // The first call may say that the job is not wanted any more: then nothing of it happens.
    if (!(await reporter.confirm())) return;
    const interrupted = (): void => this.#endAll(new JobFailure('runner_interrupted', 'the runner was stopped'));
    signal.addEventListener('abort', interrupted, { once: true });
    if (signal.aborted) interrupted();
    reporter.start();
    const failure = await outcomeOf(() => this.#inFolders());
    signal.removeEventListener('abort', interrupted);
    if (failure === null) this.#log.line('Job succeeded', 'good');
    else this.#log.line(`ERROR: Job failed: ${failure.message}`, 'bad');
    this.#log.end();
    await reporter.finish(endOf(this.#payload, failure), giveUp);
  }

  #endAll(reason: JobFailure): void {
    this.#script.abort(reason);
    this.#all.abort(reason);
  }

  /** Takes a place for the job, and leaves it without secrets and without programs. */
  async #inFolders(): Promise<void> {
    const seconds = timeoutOf(this.#payload);
    const late = new JobFailure('job_execution_timeout', `the job took longer than its ${seconds} seconds`);
    const timer = setTimeout(() => this.#endAll(late), seconds * 1000);
    const folders = await this.#setting.folders.take(this.#payload);
    try {
      const variables = await jobVariables(this.#payload, folders, this.#setting.runnerToken);
      this.#log.mask(jobMasker(this.#payload, variables.secrets, this.#setting.runnerToken));
      await this.#work({ folders, variables });
    } finally {
      clearTimeout(timer);
      await this.#groups.end(this.#setting.killGrace);
      await this.#setting.folders.release(folders);
    }
  }

  async #work(place: Place): Promise<void> {
    const failure = await outcomeOf(() => this.#prepareAndRun(place), this.#script.signal);
    if (this.#begun) await this.#afterScript(place, failure);
    const unsent = this.#begun ? await outcomeOf(() => this.#upload(place, failure), this.#all.signal) : null;
    const result = failure ?? unsent;
    if (result !== null) throw result;
  }

  async #prepareAndRun(place: Place): Promise<void> {
    this.#greet(place);
    this.#refuseUnknown();
    const payload = this.#payload;
    const signal = this.#script.signal;
    await this.#section('get_sources', 'Getting the sources', () =>
      getSources({
        payload,
        log: this.#log,
        folders: place.folders,
        shell: this.#setting.shell,
        variables: place.variables.environment,
        runScript: (text) => this.#runScript(text, place, signal),
      }),
    );
    const wanted = payload.dependencies.filter((dependency) => (dependency.artifacts_file?.filename ?? '') !== '');
    if (wanted.length > 0) {
      await this.#section('download_artifacts', 'Downloading artifacts', async () => {
        for (const dependency of wanted) {
          await downloadArtifact({ ...this.#transfer(place), secrets: place.folders.secrets, signal }, dependency);
        }
      });
    }
    for (const step of payload.steps.filter((one) => one.name !== 'after_script')) {
      signal.throwIfAborted();
      this.#begun = true;
      await this.#section(`step_${step.name}`, `Running the job's ${step.name}`, () => this.#runStep(step, place, signal));
    }
  }

  /** What the job needs and a shell cannot give must not be left out in silence. */
  #refuseUnknown(): void {
    const { secrets, run, cache } = this.#payload;
    const missing = [
      ...(secrets && Object.keys(secrets).length > 0 ? ['secrets from a vault'] : []),
      ...(typeof run === 'string' && run !== '' ? ['steps of `run`'] : []),
    ];
    if (missing.length > 0) {
      throw new JobFailure(
        'runner_configuration_error',
        `the built-in runner knows no ${missing.join(' and no ')}: give the job a tag of another runner`,
      );
    }
    if (cache.length > 0) this.#log.line('The built-in runner keeps no caches: the job runs without.', 'warning');
  }

  async #runStep(step: JobStep, place: Place, signal: AbortSignal): Promise<void> {
    const trace = place.variables.environment.get('CI_DEBUG_TRACE') === 'true';
    const code = await this.#runScript(stepScript(step.script, this.#setting.shell, trace), place, signal);
    if (code !== 0) throw new JobFailure('script_failure', `exit code ${code}`, code);
  }

  /** Runs a script of the job in its folder. Throws the reason of the signal when that ended it. */
  async #runScript(text: string, { folders, variables }: Place, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const script = join(folders.secrets, `script-${++this.#scripts}`);
    await writeFile(script, text, { mode: 0o600 });
    const entry = this.#log.entry();
    const code = await this.#groups.run({
      shell: this.#setting.shell,
      script,
      folder: folders.project,
      environment: environmentOf(variables),
      output: (bytes) => entry.write(bytes),
      signal,
      killGrace: this.#setting.killGrace,
    });
    entry.end();
    signal.throwIfAborted();
    return code;
  }

  /** Runs whatever became of the script, in a shell of its own, and changes nothing about the result (runner protocol 5.5). */
  async #afterScript(place: Place, failure: JobFailure | null): Promise<void> {
    const step = this.#payload.steps.find((one) => one.name === 'after_script');
    if (step === undefined || step.script.length === 0 || this.#all.signal.aborted) return;
    const status = failure === null ? 'success' : failure.reason === 'job_canceled' ? 'canceled' : 'failed';
    place.variables.environment.set('CI_JOB_STATUS', status);
    const limit = AbortSignal.timeout(this.#setting.afterScriptLimit);
    const signal = AbortSignal.any([this.#all.signal, limit]);
    const failed = await outcomeOf(() => this.#section('after_script', 'Running after_script', () => this.#runStep(step, place, signal)));
    if (failed === null || this.#all.signal.aborted) return;
    const why = limit.aborted ? `it took longer than ${this.#setting.afterScriptLimit / 1000} seconds` : failed.message;
    this.#log.line(`WARNING: after_script failed, but the job goes on: ${why}`, 'warning');
  }

  async #upload(place: Place, failure: JobFailure | null): Promise<void> {
    const wanted = (this.#payload.artifacts ?? []).filter((artifact) => isWanted(artifact, failure));
    if (wanted.length === 0) return;
    this.#all.signal.throwIfAborted();
    const section = failure === null ? 'upload_artifacts_on_success' : 'upload_artifacts_on_failure';
    await this.#section(section, 'Uploading artifacts', async () => {
      for (const artifact of wanted) {
        this.#all.signal.throwIfAborted();
        const context = { ...this.#transfer(place), variables: place.variables.environment, signal: this.#all.signal };
        await uploadArtifact(context, artifact);
      }
    });
  }

  #transfer({ folders }: Place) {
    return { api: this.#api, log: this.#log, folder: folders.project, retryDelay: this.#setting.retryDelay };
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
    this.#log.write(`section_${edge}:${Math.floor(systemClock.now() / 1000)}:${name}\r\u001b[0K`);
  }

  #greet({ variables }: Place): void {
    this.#log.line(`Running with the built-in runner of Baton ${runnerVersion} (${this.#setting.shell.name} on ${hostname()})`);
    if (variables.skipped.length > 0)
      this.#log.line(`WARNING: variables that no shell can hold are left out: ${variables.skipped.join(', ')}`, 'warning');
  }
}

/** Where a job works and with what. */
interface Place {
  folders: JobFolders;
  variables: JobVariables;
}

/** Null when `work` went through, else why it did not: the reason of `signal` if that ended it. */
async function outcomeOf(work: () => Promise<void>, signal?: AbortSignal): Promise<JobFailure | null> {
  try {
    await work();
    return null;
  } catch (error) {
    const reason: unknown = signal?.aborted === true ? signal.reason : error;
    if (reason instanceof JobFailure) return reason;
    return new JobFailure('runner_system_failure', reason instanceof Error ? reason.message : String(reason));
  }
}

/** A canceled job leaves only what it would leave in any case (runner protocol 11). */
function isWanted(artifact: JobArtifact, failure: JobFailure | null): boolean {
  if (artifact.when === 'always') return true;
  if (failure === null) return artifact.when === 'on_success';
  return artifact.when === 'on_failure' && failure.reason !== 'job_canceled';
}

function endOf(payload: JobPayload, failure: JobFailure | null): JobEnd {
  if (failure === null) return { state: 'success' };
  const exitCode = failure.exitCode === 0 ? {} : { exit_code: failure.exitCode };
  return { state: 'failed', failure_reason: reasonFor(payload.features, failure.reason), ...exitCode };
}

/** Before variables are put together: their values as they came. */
function valuesToMask(payload: JobPayload): string[] {
  return payload.variables.filter((variable) => variable.masked === true).map((variable) => variable.value);
}
