import { resolve } from 'node:path';
import { systemClock } from '../lib/clock.ts';
import { lastUpdateHeader, type JobRequest } from '../runner-api/wire.ts';
import { BuildFolders, keptSystemId } from './build-folders.ts';
import { apiUrl, askedDelay, NoAnswer, sendJson, type TextAnswer } from './http-call.ts';
import { defaultOutputLimit } from './job-log.ts';
import { pause } from './pause.ts';
import { readPayload, UnreadablePayload } from './payload.ts';
import { runJob, type JobSetting } from './run-job.ts';
import { runnerInfo } from './runner-info.ts';
import { findShell } from './shell.ts';

/** Times are milliseconds. */
export interface RunnerOptions {
  /** Where the server is. */
  url: string;
  /** Authentication token of the runner. */
  token: string;
  /** Which machine this is; kept in the builds folder when it is not given. */
  systemId?: string;
  /** Where jobs are checked out. */
  buildsDir: string;
  /** Jobs at the same time. */
  concurrent: number;
  /** Between two requests that gave no job; 3 s as agents have it. */
  pollInterval?: number;
  /** Between two looks at a job's log, until the server says otherwise. */
  traceInterval?: number;
  /** Between two signs of life of a job that says nothing. */
  keepAlive?: number;
  /** Before another try of an up- or download, or of telling a job's end. */
  retryDelay?: number;
  /** What an after_script may take. */
  afterScriptLimit?: number;
  /** What the programs of a job get to end by themselves before they are killed. */
  killGrace?: number;
  /** Bytes of a job's log. */
  outputLimit?: number;
  /** Lines for the one who runs the runner. */
  logger?: (line: string) => void;
  /** Stops the runner like `stop()`. */
  signal?: AbortSignal;
}

export interface RunnerHandle {
  /**
   * Asks for no more jobs and waits for the running ones up to `grace` ms; then they are ended, and their end is told to the server within
   * `farewell` ms if it listens.
   */
  stop(grace?: number, farewell?: number): Promise<void>;
  /** Jobs that run right now. */
  readonly running: number;
}

/** A job's payload is larger than other answers: scripts and variables are in it. */
const mostPayload = 64 * 1024 * 1024;
/** After a refusal of the token there is no hurry. */
const refusedPause = 30_000;

/**
 * Runs jobs of a server on this machine, in a shell, as many at a time as `concurrent` says. It talks only the runner protocol, so it could
 * be any agent. Throws for an address that is none, and on a machine without a POSIX shell.
 */
export function startRunner(options: RunnerOptions): RunnerHandle {
  if (process.platform === 'win32') throw new Error('the built-in runner needs a POSIX shell: run it on Linux or macOS');
  const { url, token, pollInterval = 3000, logger = () => {} } = options;
  const requestUrl = apiUrl(url, '/jobs/request');
  const polling = new AbortController();
  const jobs = new AbortController();
  const giveUp = new AbortController();
  const running = new Set<Promise<void>>();
  const setting = settingOf(options, jobs.signal, giveUp.signal);

  async function poll(): Promise<void> {
    const systemId = options.systemId ?? (await keptSystemId(resolve(options.buildsDir)));
    let lastUpdate: string | null = null;
    while (!polling.signal.aborted) {
      if (running.size >= options.concurrent) {
        await Promise.race([...running, pause(60_000, polling.signal)]);
        continue;
      }
      const body: JobRequest = {
        token,
        system_id: systemId,
        info: runnerInfo(setting.shell),
        ...(lastUpdate === null ? {} : { last_update: lastUpdate }),
      };
      const asked = performance.now();
      const answer = await ask(body);
      lastUpdate = answer?.headers[lastUpdateHeader.toLowerCase()] ?? lastUpdate;
      // A server that holds requests has done the waiting already.
      if (answer?.status !== 201 || !take(answer)) await pause(waitAfter(answer, performance.now() - asked), polling.signal);
    }
  }

  async function ask(body: JobRequest): Promise<TextAnswer | null> {
    try {
      const headers = { 'RUNNER-TOKEN': token };
      return await sendJson('POST', requestUrl, body, { headers, limit: mostPayload, signal: polling.signal });
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (!polling.signal.aborted) logger(`no answer: ${error.message}`);
      return null;
    }
  }

  function waitAfter(answer: TextAnswer | null, held: number): number {
    if (answer === null) return pollInterval;
    if (answer.status === 204) return Math.max(0, pollInterval - held);
    if (answer.status === 403) {
      logger('the server does not know this runner: its token is wrong, or it was removed or has expired');
      return Math.max(pollInterval, refusedPause);
    }
    if (answer.status !== 201) logger(`the server answered ${answer.status}`);
    return askedDelay(answer.headers, systemClock.now()) ?? pollInterval;
  }

  /** False when the answer is no job that could be run: it is forgotten, as agents do. */
  function take(answer: TextAnswer): boolean {
    try {
      const payload = readPayload(answer.text);
      const { name, project_full_path: project } = payload.job_info;
      logger(`job ${payload.id} (${name}${project === undefined ? '' : ` of ${project}`}) begins`);
      const job = runJob(setting, payload)
        .then(() => logger(`job ${payload.id} has ended`))
        .catch((error: unknown) => logger(`job ${payload.id} was lost: ${messageOf(error)}`))
        .finally(() => running.delete(job));
      running.add(job);
      return true;
    } catch (error) {
      if (!(error instanceof UnreadablePayload)) throw error;
      logger(`a job was lost: ${error.message}`);
      return false;
    }
  }

  const loop = poll().catch((error: unknown) => logger(`the runner cannot go on: ${messageOf(error)}`));

  async function stop(grace = 30_000, farewell = 30_000): Promise<void> {
    polling.abort();
    await loop;
    await endedWithin(grace, running);
    jobs.abort();
    await endedWithin(farewell, running);
    giveUp.abort();
    await Promise.allSettled(running);
  }

  options.signal?.addEventListener('abort', () => void stop(), { once: true });
  if (options.signal?.aborted === true) void stop();
  return {
    get running() {
      return running.size;
    },
    stop,
  };
}

function settingOf(options: RunnerOptions, signal: AbortSignal, giveUp: AbortSignal): JobSetting {
  return {
    server: options.url,
    runnerToken: options.token,
    shell: findShell(),
    folders: new BuildFolders(resolve(options.buildsDir), options.token),
    traceInterval: options.traceInterval ?? 3000,
    keepAlive: options.keepAlive ?? 30_000,
    retryDelay: options.retryDelay ?? 1000,
    afterScriptLimit: options.afterScriptLimit ?? 5 * 60_000,
    killGrace: options.killGrace ?? 2000,
    outputLimit: options.outputLimit ?? defaultOutputLimit,
    signal,
    giveUp,
  };
}

async function endedWithin(ms: number, running: ReadonlySet<Promise<void>>): Promise<void> {
  const patience = new AbortController();
  await Promise.race([Promise.allSettled(running), pause(ms, patience.signal)]);
  patience.abort();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
