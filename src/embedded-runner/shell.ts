import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { pause } from './pause.ts';

/** A POSIX shell on this machine. */
export interface Shell {
  name: 'bash' | 'sh';
  path: string;
}

/** bash if the machine has it, else sh. Throws when there is neither. */
export function findShell(path: string = process.env['PATH'] ?? ''): Shell {
  for (const name of ['bash', 'sh'] as const) {
    const found = [...path.split(delimiter), '/bin', '/usr/bin'].map((folder) => join(folder, name)).find((file) => existsSync(file));
    if (found !== undefined) return { name, path: found };
  }
  throw new Error('the runner needs a shell: install bash, or put sh on the PATH');
}

/** A word that the shell reads back as `text`. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export interface ShellRun {
  shell: Shell;
  /** A file: nothing of it can then be read by a program that reads its input. */
  script: string;
  folder: string;
  environment: Record<string, string>;
  output(bytes: Uint8Array): void;
  /** Ends the program and everything that it started. */
  signal: AbortSignal;
  /** Milliseconds between the request to end and the end by force. */
  killGrace: number;
}

/** After the shell has ended, programs that it left behind may still hold its output open: so long without a word is enough. */
const drainQuiet = 250;
/** Also for those that never stop talking. */
const drainMost = 2000;

/**
 * Process groups of a job. Each run is a group of its own, so that ending it ends the whole tree; what is left of a group
 * after its run (a server put into the background) may serve the next step and ends with the job.
 */
export class ProcessGroups {
  readonly #left = new Map<number, ChildProcess>();

  /** Runs a script and gives its exit code; 128 + number for one that a signal ended. Throws when it cannot be started. */
  async run(run: ShellRun): Promise<number> {
    const child = await start(run);
    const pid = child.pid ?? 0;
    this.#left.set(pid, child);
    let lastWord = 0;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        lastWord = performance.now();
        run.output(bytes);
      });
    }
    const closed = new AbortController();
    child.once('close', () => closed.abort());
    const stop = (): void => void endGroup(pid, run.killGrace);
    if (run.signal.aborted) stop();
    else run.signal.addEventListener('abort', stop, { once: true });
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    const ended = performance.now();
    while (!closed.signal.aborted && performance.now() < Math.min(Math.max(lastWord, ended) + drainQuiet, ended + drainMost)) {
      await pause(drainQuiet / 5, closed.signal);
    }
    run.signal.removeEventListener('abort', stop);
    if (!isAlive(pid)) this.#left.delete(pid);
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  }

  /** Ends everything that is left. */
  async end(killGrace: number): Promise<void> {
    await Promise.all(Array.from(this.#left.keys(), (pid) => endGroup(pid, killGrace)));
    // A program that left its group may go on, but nobody listens to it any more.
    for (const child of this.#left.values()) for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    this.#left.clear();
  }
}

function start(run: ShellRun): Promise<ChildProcess> {
  const child = spawn(run.shell.path, [run.script], {
    cwd: run.folder,
    env: run.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child));
  });
}

async function endGroup(pid: number, grace: number): Promise<void> {
  signalGroup(pid, 'SIGTERM');
  const end = performance.now() + grace;
  while (isAlive(pid)) {
    if (performance.now() >= end) return void signalGroup(pid, 'SIGKILL');
    await pause(20);
  }
}

function isAlive(pid: number): boolean {
  return signalGroup(pid, 0);
}

/** Whether there was somebody in the group to get it. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
