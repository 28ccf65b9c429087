import type { JobUpdate } from '../runner-api/wire.ts';
import { askedDelay, NoAnswer, type TextAnswer } from './http-call.ts';
import type { JobApi } from './job-api.ts';
import type { JobLog } from './job-log.ts';
import { backOff, pause } from './pause.ts';

/** Most bytes of the log in one call (runner protocol 7.1). */
const mostBytes = 1024 * 1024;
/** Without anything to say, a sign of life this often (runner protocol 13), in milliseconds. */
const keepAliveEvery = 30_000;
/** Rounds of trying to deliver the end of a job, a second to a minute apart. */
const mostRounds = 30;

export interface ReporterOptions {
  /** Milliseconds between two looks at the log, until the server says otherwise. */
  interval: number;
  /** The server wants the script stopped; what follows it may still run. */
  onCancel(): void;
  /** The server does not want the job any more: nothing of it may go on. */
  onGone(): void;
}

/**
 * Tells the server how a job goes: its log in pieces while it grows, signs of life when it does not, and its end. What the server
 * says in its answers comes back through `onCancel` and `onGone` (runner protocol 6.2). Nothing is lost while the server is away: bytes
 * that did not arrive are sent again.
 */
export class JobReporter {
  readonly #api: JobApi;
  readonly #log: JobLog;
  readonly #options: ReporterOptions;
  #interval: number;
  /** Bytes that the server has. */
  #sent = 0;
  #lastCall = performance.now();
  #gone = false;
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(api: JobApi, log: JobLog, options: ReporterOptions) {
    this.#api = api;
    this.#log = log;
    this.#options = options;
    this.#interval = options.interval;
  }

  /** The server has turned the job away. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Begins to report in the background. */
  start(): void {
    this.#loop = this.#report();
  }

  /** The first call: whether the job is still wanted (runner protocol 4.5). A server that cannot be asked gets the benefit of the doubt. */
  async confirm(): Promise<boolean> {
    try {
      this.#heed(await this.#api.update({ state: 'running' }));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
    return !this.#gone;
  }

  /** Sends the rest of the log and then the end, again and again until the server has both or refuses them. False: it never heard. */
  async finish(end: Pick<JobUpdate, 'state' | 'failure_reason' | 'exit_code'>): Promise<boolean> {
    this.#stop.abort();
    await this.#loop;
    for (let round = 0; round < mostRounds; round++) {
      const wait = await this.#finishOnce(end);
      if (wait === null) return true;
      await pause(Math.max(wait, backOff(round, 1000, 60_000)));
    }
    return false;
  }

  /** Null when all is told; else how long to wait at least, in milliseconds. */
  async #finishOnce(end: Pick<JobUpdate, 'state' | 'failure_reason' | 'exit_code'>): Promise<number | null> {
    try {
      if (!this.#gone && !(await this.#sendLog())) return 0;
      const output = { checksum: this.#log.checksum, bytesize: this.#log.size };
      const answer = await this.#api.update({ ...end, checksum: this.#log.checksum, output });
      if (answer.status === 200 || answer.status === 403 || answer.status === 404) return null;
      // The server misses a part and wants all of it again.
      if (answer.status === 412) this.#sent = 0;
      const interval = Number(answer.headers['x-gitlab-trace-update-interval']) * 1000;
      return answer.status === 202 && interval > 0 ? interval : (askedDelay(answer.headers, Date.now()) ?? 0);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return 0;
    }
  }

  async #report(): Promise<void> {
    while (!this.#stop.signal.aborted && !this.#gone) {
      await pause(this.#interval, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      try {
        if (this.#sent < this.#log.size) await this.#sendLog();
        else if (performance.now() - this.#lastCall > keepAliveEvery) this.#heed(await this.#api.update({ state: 'running' }));
      } catch (error) {
        // The server is away: the bytes are still here, and the next round sends them.
        if (!(error instanceof NoAnswer)) throw error;
      }
    }
  }

  /** Sends what the server does not have. False when it did not take all of it now. */
  async #sendLog(): Promise<boolean> {
    while (this.#sent < this.#log.size) {
      const bytes = this.#log.slice(this.#sent, this.#sent + mostBytes);
      const answer = await this.#api.appendLog(bytes, this.#sent);
      this.#heed(answer);
      if (answer.status === 202) this.#sent += bytes.length;
      else if (answer.status === 416) this.#sent = sizeIn(answer.headers['range']);
      else return this.#gone || answer.status === 404;
    }
    return true;
  }

  /** What the server says besides its answer. */
  #heed({ status, headers }: TextAnswer): void {
    this.#lastCall = performance.now();
    const seconds = Number(headers['x-gitlab-trace-update-interval']);
    if (Number.isInteger(seconds) && seconds > 0) this.#interval = Math.min(seconds * 1000, 15 * 60_000);
    const said = headers['job-status'];
    if (status === 403 || said === 'canceled' || said === 'failed') {
      this.#gone = true;
      this.#options.onGone();
    } else if (said === 'canceling') this.#options.onCancel();
  }
}

/** The total size in `0-<size>`. */
function sizeIn(range: string | undefined): number {
  const size = /^\d+-(\d+)$/.exec(range ?? '')?.[1];
  return size === undefined ? 0 : Number(size);
}
