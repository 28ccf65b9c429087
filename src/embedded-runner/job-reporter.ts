import { traceIntervalHeader, jobStatusHeader, type JobUpdate } from '../runner-api/wire.ts';
import { systemClock } from '../lib/clock.ts';
import { askedDelay, NoAnswer, type TextAnswer } from './http-call.ts';
import type { JobApi } from './job-api.ts';
import type { JobLog } from './job-log.ts';
import { backOff, pause } from './pause.ts';

/** Most bytes of the log in one call (runner protocol 7.1). */
const mostBytes = 1024 * 1024;
/** Longest wait between two tries of delivering the end of a job, and longest interval that a server can ask for, in milliseconds. */
const longest = { wait: 60_000, interval: 15 * 60_000 };
/** Tries to deliver an end that the server calls malformed: it will not like it better later. */
const mostComplaints = 10;

export interface ReporterOptions {
  /** Milliseconds between two looks at the log, until the server says otherwise. */
  interval: number;
  /** Without anything to say, a sign of life this often, in milliseconds (30 s by default). */
  keepAlive?: number;
  /** First wait between two tries of delivering the end, in milliseconds (1 s by default). */
  retryDelay?: number;
  /** The server wants the script stopped; what follows it may still run. */
  onCancel(): void;
  /** The server does not want the job any more: nothing of it may go on. */
  onGone(): void;
}

/** How a job ended. */
export type JobEnd = Pick<JobUpdate, 'state' | 'failure_reason' | 'exit_code'>;

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
  /** No more rounds; a call under way may end. */
  readonly #stop = new AbortController();
  /** Not even that. */
  readonly #drop = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(api: JobApi, log: JobLog, options: ReporterOptions) {
    this.#api = api;
    this.#log = log;
    this.#options = options;
    this.#interval = options.interval;
  }

  /** Begins to report in the background. */
  start(): void {
    this.#loop = this.#report();
  }

  /** The first call: whether the job is still wanted (runner protocol 4.5). A server that cannot be asked gets the benefit of the doubt. */
  async confirm(): Promise<boolean> {
    try {
      const answer = await this.#api.update({ state: 'running' });
      this.#heed(answer);
      return !this.#gone && answer.status !== 404;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return true;
    }
  }

  /**
   * Sends the rest of the log and then the end, again and again until the server has both or refuses them, or `signal` gives up. False:
   * it never heard.
   */
  async finish(end: JobEnd, signal?: AbortSignal): Promise<boolean> {
    this.#stop.abort();
    signal?.addEventListener('abort', () => this.#drop.abort(), { once: true });
    if (signal?.aborted === true) this.#drop.abort();
    await this.#loop;
    const first = this.#options.retryDelay ?? 1000;
    for (let round = 0, complaints = 0; signal?.aborted !== true; round++) {
      const answer = await this.#tryFinish(end, signal);
      // A job that nobody wants any more gets one last word, whatever the answer.
      if (answer === 'done' || this.#gone) return true;
      if (answer?.status === 400 && ++complaints === mostComplaints) return false;
      const wait = backOff(round, first, longest.wait);
      await pause(answer === null ? wait : this.#waitAfter(answer, wait), signal);
    }
    return false;
  }

  /** `done` when all is told or nobody wants to hear it, else the answer that asks for another try, null for none. */
  async #tryFinish(end: JobEnd, signal?: AbortSignal): Promise<TextAnswer | 'done' | null> {
    try {
      if (!this.#gone) {
        const refused = await this.#sendLog(signal);
        if (refused !== null && !this.#gone && refused.status !== 404) return refused;
      }
      const { checksum, size } = this.#log;
      const answer = await this.#api.update({ ...end, checksum, output: { checksum, bytesize: size } }, signal);
      if (answer.status === 200 || answer.status === 403 || answer.status === 404) return 'done';
      // The server misses a part and wants all of it again.
      if (answer.status === 412) this.#sent = 0;
      return answer;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return null;
    }
  }

  /** A server that is still storing the log says when to ask again; one in trouble may say so too. */
  #waitAfter(answer: TextAnswer, otherwise: number): number {
    if (answer.status === 202) return intervalOf(answer) ?? 3 * (this.#options.retryDelay ?? 1000);
    return askedDelay(answer.headers, systemClock.now()) ?? otherwise;
  }

  async #report(): Promise<void> {
    const keepAlive = this.#options.keepAlive ?? 30_000;
    while (!this.#stop.signal.aborted && !this.#gone) {
      await pause(Math.min(this.#interval, keepAlive), this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      try {
        const quiet = performance.now() - this.#lastCall;
        if (this.#sent < this.#log.size) {
          if (quiet >= this.#interval - 20) await this.#sendLog(this.#drop.signal);
        } else if (quiet >= keepAlive - 20) this.#heed(await this.#api.update(this.#signOfLife(), this.#drop.signal));
      } catch (error) {
        // The server is away: the bytes are still here, and the next round sends them.
        if (!(error instanceof NoAnswer)) throw error;
      }
    }
  }

  #signOfLife(): Omit<JobUpdate, 'token' | 'info'> {
    const { checksum, size } = this.#log;
    return { state: 'running', checksum, output: { checksum, bytesize: size } };
  }

  /** Sends what the server does not have. Gives the answer that refused a part; null when it has everything. */
  async #sendLog(signal?: AbortSignal): Promise<TextAnswer | null> {
    while (this.#sent < this.#log.size) {
      const offset = this.#sent;
      const bytes = this.#log.slice(offset, offset + mostBytes);
      const answer = await this.#api.appendLog(bytes, offset, signal);
      this.#heed(answer);
      if (answer.status === 202) this.#sent += bytes.length;
      else if (answer.status === 416) {
        this.#sent = Math.min(sizeIn(answer.headers['range']), this.#log.size);
        // It wants what it just refused: not at once again.
        if (this.#sent === offset) return answer;
      } else return answer;
    }
    return null;
  }

  /** What the server says besides its answer. */
  #heed(answer: TextAnswer): void {
    this.#lastCall = performance.now();
    this.#interval = intervalOf(answer) ?? this.#interval;
    const said = answer.headers[jobStatusHeader.toLowerCase()];
    if (answer.status === 403 || said === 'canceled' || said === 'failed') {
      this.#gone = true;
      this.#options.onGone();
    } else if (said === 'canceling') this.#options.onCancel();
  }
}

/** The interval that an answer asks for, in milliseconds; null when it asks for none that makes sense. */
function intervalOf(answer: TextAnswer): number | null {
  const seconds = answer.headers[traceIntervalHeader.toLowerCase()] ?? '';
  return /^[1-9]\d{0,6}$/.test(seconds) ? Math.min(Number(seconds) * 1000, longest.interval) : null;
}

/** The total size in `0-<size>`. */
function sizeIn(range: string | undefined): number {
  const size = /^\d+-(\d+)$/.exec(range ?? '')?.[1];
  return size === undefined ? 0 : Number(size);
}
