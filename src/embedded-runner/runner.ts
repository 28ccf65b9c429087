import { resolve } from 'node:path';
import type { JobPayload, JobRequest } from '../runner-api/wire.ts';
import { BuildFolders, keptSystemId } from './build-folders.ts';
import { apiUrl, askedDelay, NoAnswer, sendJson, type TextAnswer } from './http-call.ts';
import { pause } from './pause.ts';
import { runJob, type JobSetting } from './run-job.ts';
import { runnerInfo } from './runner-info.ts';
import { findShell } from './shell.ts';

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
  /** Milliseconds between two requests that gave no job; 3 s as agents have it. */
  pollInterval?: number;
  /** Milliseconds between two looks at a job's log, until the server says otherwise. */
  traceInterval?: number;
  /** Milliseconds before another try of an up- or download. */
  retryDelay?: number;
  /** Lines for the one who runs the runner. */
  logger?: (line: string) => void;
}

export interface RunnerHandle {
  /** Asks for no more jobs and waits for the running ones up to `grace` ms; then they are ended. */
  stop(grace?: number): Promise<void>;
  /** Jobs that run right now. */
  readonly running: number;
}

/** A job's payload is larger than other answers: scripts and variables are in it. */
const mostPayload = 64 * 1024 * 1024;
/** After a refusal of the token there is no hurry. */
const refusedPause = 30_000;

/**
 * Runs jobs of a server on this machine, in a shell, as many at a time as `concurrent` says. It talks only the runner protocol, so it could
 * be any agent.
 */
export function startRunner(options: RunnerOptions): RunnerHandle {
  const { url, token, pollInterval = 3000, logger = () => {} } = options;
  const shell = findShell();
  const polling = new AbortController();
  const jobs = new AbortController();
  const running = new Set<Promise<void>>();
  const buildsDir = resolve(options.buildsDir);
  const setting: JobSetting = {
    server: url,
    runnerToken: token,
    shell,
    folders: new BuildFolders(buildsDir, token),
    traceInterval: options.traceInterval ?? 3000,
    retryDelay: options.retryDelay ?? 1000,
    signal: jobs.signal,
  };

  async function poll(): Promise<void> {
    const systemId = options.systemId ?? (await keptSystemId(buildsDir));
    let lastUpdate: string | null = null;
    while (!polling.signal.aborted) {
      if (running.size >= options.concurrent) {
        await Promise.race([...running, pause(60_000, polling.signal)]);
        continue;
      }
      const body: JobRequest = {
        token,
        system_id: systemId,
        info: runnerInfo(shell),
        ...(lastUpdate === null ? {} : { last_update: lastUpdate }),
      };
      const answer = await ask(body);
      if (answer?.status === 201) take(answer);
      else await pause(waitAfter(answer), polling.signal);
      lastUpdate = answer?.headers['x-gitlab-last-update'] ?? lastUpdate;
    }
  }

  async function ask(body: JobRequest): Promise<TextAnswer | null> {
    try {
      return await sendJson('POST', apiUrl(url, '/jobs/request'), body, {
        headers: { 'RUNNER-TOKEN': token },
        limit: mostPayload,
        signal: polling.signal,
      });
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (!polling.signal.aborted) logger(`no answer from ${url}: ${error.message}`);
      return null;
    }
  }

  function waitAfter(answer: TextAnswer | null): number {
    if (answer?.status === 403) {
      logger('the server does not know this runner: its token is wrong or it was removed');
      return Math.max(pollInterval, refusedPause);
    }
    if (answer !== null && answer.status !== 204) logger(`the server answered ${answer.status}`);
    return (answer === null ? null : askedDelay(answer.headers, Date.now())) ?? pollInterval;
  }

  function take(answer: TextAnswer): void {
    const payload = JSON.parse(answer.text) as JobPayload;
    const { name, project_full_path: project } = payload.job_info;
    logger(`job ${payload.id} (${name}${project === undefined ? '' : ` of ${project}`}) begins`);
    const job = runJob(setting, payload)
      .then(() => logger(`job ${payload.id} has ended`))
      .catch((error: unknown) => logger(`job ${payload.id} was lost: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => running.delete(job));
    running.add(job);
  }

  const loop = poll().catch((error: unknown) =>
    logger(`the runner cannot go on: ${error instanceof Error ? error.message : String(error)}`),
  );
  return {
    get running() {
      return running.size;
    },
    async stop(grace = 30_000) {
      polling.abort();
      await loop;
      const patience = new AbortController();
      await Promise.race([Promise.allSettled(running), pause(grace, patience.signal)]);
      patience.abort();
      jobs.abort();
      await Promise.allSettled(running);
    },
  };
}
