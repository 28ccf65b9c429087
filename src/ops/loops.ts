import type { Logger } from '../access/app.ts';
import type { Database } from '../db/tx.ts';
import type { Clock } from '../lib/clock.ts';

/** Work that comes again and again in the background. */
export interface Loop {
  /** Also the name of the lock that lets one node at a time run it. */
  name: string;
  /** Ms between the end of a run and the start of the next one; a fifth more or less, so that nodes and loops spread out. */
  everyMs: number;
  /** Must end soon after `signal` is aborted, at a point where nothing is half done. */
  run(signal: AbortSignal): Promise<void>;
}

/** What is known of a loop; times in ms since the epoch. */
export interface LoopState {
  name: string;
  running: boolean;
  /** Runs that went well here, runs that failed, and runs left to another node. */
  runs: number;
  failures: number;
  passed: number;
  lastStartedAt: number | null;
  /** Ms by the machine's own steady clock. */
  lastDurationMs: number | null;
  /** Of the newest run, if it failed. */
  lastError: string | null;
}

export interface Loops {
  /** Starts the timers. Without it loops run only when `runNow` asks them to. */
  start(): void;
  /** Runs a loop at once, after a run of it that is under way; resolves at its end. Throws what the run throws, or for an unknown name. */
  runNow(name: string): Promise<void>;
  states(): LoopState[];
  /** No further runs; resolves when those under way have ended. May be called again. */
  stop(): Promise<void>;
}

interface Entry {
  loop: Loop;
  state: LoopState;
  /** End of the newest run; the next one waits for it, so that a loop never overlaps with itself. */
  last: Promise<void>;
  timer: NodeJS.Timeout | null;
}

export interface LoopsOptions {
  loops: readonly Loop[];
  database: Pick<Database, 'exclusively'>;
  clock: Clock;
  log: Pick<Logger, 'error'>;
}

/** The registry of all background work: a run that fails is logged and counted, and comes again at its time. */
export function createLoops({ loops, database, clock, log }: LoopsOptions): Loops {
  const stopping = new AbortController();
  const entries = new Map<string, Entry>(
    loops.map((loop) => [loop.name, { loop, state: newState(loop.name), last: Promise.resolve(), timer: null }]),
  );
  if (entries.size !== loops.length) throw new Error('two loops have one name');

  async function runOnce({ loop, state }: Entry): Promise<void> {
    if (stopping.signal.aborted) return;
    state.running = true;
    state.lastStartedAt = clock.now();
    const started = performance.now();
    try {
      const ran = await database.exclusively(loop.name, () => loop.run(stopping.signal));
      if (ran) state.runs++;
      else state.passed++;
      state.lastError = null;
    } catch (error) {
      state.failures++;
      state.lastError = error instanceof Error ? error.message : String(error);
      log.error({ err: error, loop: loop.name }, 'background work failed');
      throw error;
    } finally {
      state.lastDurationMs = performance.now() - started;
      state.running = false;
    }
  }

  function run(entry: Entry): Promise<void> {
    const result = entry.last.then(() => runOnce(entry));
    entry.last = result.catch(() => {});
    return result;
  }

  function schedule(entry: Entry): void {
    if (stopping.signal.aborted) return;
    entry.timer = setTimeout(
      () => {
        const next = () => schedule(entry);
        run(entry).then(next, next);
      },
      entry.loop.everyMs * (0.8 + 0.4 * Math.random()),
    );
    entry.timer.unref();
  }

  return {
    start() {
      for (const entry of entries.values()) if (entry.timer === null) schedule(entry);
    },
    async runNow(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw new Error(`there is no loop "${name}"; there are ${[...entries.keys()].join(', ')}`);
      await run(entry);
    },
    states: () => [...entries.values()].map(({ state }) => ({ ...state })),
    async stop() {
      stopping.abort();
      for (const { timer } of entries.values()) if (timer !== null) clearTimeout(timer);
      await Promise.all([...entries.values()].map(({ last }) => last));
    },
  };
}

function newState(name: string): LoopState {
  return { name, running: false, runs: 0, failures: 0, passed: 0, lastStartedAt: null, lastDurationMs: null, lastError: null };
}
