import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { devNull } from 'node:os';

/**
 * The only door to the system's `git`: argument arrays, never a shell; an environment that holds nothing of the server's
 * (no secrets, no user's or machine's git settings); limits on time and output.
 */

/** A git command that failed, could not be started, ran too long or said too much. `stderr` is cut at 64 KiB. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly command: string;
  /** Null: killed, or never started. */
  readonly exitCode: number | null;
  readonly stderr: string;
  constructor(command: string, reason: string, exitCode: number | null = null, stderr = '') {
    super(`git ${command}: ${reason}`);
    this.command = command;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Settings of one command, in the form of git's configuration: `['receive.hideRefs', 'refs/pipelines']`. */
export type GitSetting = readonly [key: string, value: string];

export interface SpawnOptions {
  /** Settings for this command, on top of those that hold for all. */
  settings?: readonly GitSetting[];
  /** Further environment variables. */
  env?: Readonly<Record<string, string>>;
}

export interface RunOptions extends SpawnOptions {
  /** Written to the command's standard input, which is then closed. */
  input?: readonly (Uint8Array | string)[];
  /** More output than this is an error (default 64 MiB). */
  maxOutputBytes?: number;
  /** A command that takes longer is killed, and that is an error (default one minute). */
  timeoutMs?: number;
  /** Exit codes that are an answer, not a failure (default: 0 only). */
  okCodes?: readonly number[];
}

export interface GitOutput {
  code: number;
  stdout: Buffer;
}

const MAX_STDERR_BYTES = 64 * 1024;

const SETTINGS: readonly GitSetting[] = [
  // The folder may belong to another user than the server's (volumes, restored backups).
  ['safe.directory', '*'],
  // No hook of a repository ever runs; the one hook that the server has is switched on for the push that needs it.
  ['core.hooksPath', devNull],
  // An acknowledged push or commit survives power loss: git's default leaves out loose objects and refs.
  ['core.fsync', 'objects,reference'],
  ['gc.autoDetach', 'false'],
];

/** What git needs from our own environment to be found and to find temporary space, on any platform. */
const INHERITED = ['PATH', 'TMPDIR', 'TMP', 'TEMP', 'SystemRoot', 'LD_LIBRARY_PATH'];

/** The whole environment of a git command. */
export function gitEnvironment(options: SpawnOptions = {}): Record<string, string> {
  const env: Record<string, string> = {
    LC_ALL: 'C',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LITERAL_PATHSPECS: '1',
    // Whoever may push refs/replace/* must not change what others read.
    GIT_NO_REPLACE_OBJECTS: '1',
  };
  for (const key of INHERITED) {
    const value = process.env[key];
    if (value !== undefined) env[key] = value;
  }
  const settings = [...SETTINGS, ...(options.settings ?? [])];
  env['GIT_CONFIG_COUNT'] = String(settings.length);
  for (const [index, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return { ...env, ...options.env };
}

/**
 * Starts git with pipes on all three streams, as the head of a process group of its own, so that `killGit` reaches its
 * children too. Stream errors on its input (a child that ends early) are swallowed here: the exit tells the story.
 */
export function spawnGit(args: readonly string[], options: SpawnOptions = {}): ChildProcessWithoutNullStreams {
  const child = spawn('git', args, {
    env: gitEnvironment(options),
    stdio: 'pipe',
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  child.stdin.on('error', () => {});
  child.on('error', () => {});
  return child;
}

/** Ends a git command together with its children. `SIGTERM` lets it remove its temporary files. */
export function killGit(child: ChildProcessWithoutNullStreams, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended in the meantime.
  }
}

/** Waits for the end of a command. Rejects with a `GitError` when git cannot be started at all. */
export function exitOf(child: ChildProcessWithoutNullStreams, command: string): Promise<{ code: number | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new GitError(command, startFailure(error))));
    child.once('close', (code) => resolve({ code }));
  });
}

function startFailure(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'the program "git" was not found; install git and make sure that PATH leads to it';
  return `could not be started: ${error.message}`;
}

/** Collects what a command says on standard error, up to 64 KiB. The rest is read and dropped. */
export function collectStderr(child: ChildProcessWithoutNullStreams): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    if (size >= MAX_STDERR_BYTES) return;
    chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).subarray(0, MAX_STDERR_BYTES).toString('utf8');
}

/** The first line that git wrote to standard error, without its `fatal:` or `error:`. */
export function firstLine(stderr: string): string {
  const line = stderr.split('\n').find((text) => text.trim() !== '') ?? '';
  return line.replace(/^(?:fatal|error|warning): /, '').trim();
}

/** Runs a git command to its end. Throws a `GitError` that carries the first line of its standard error. */
export async function runGit(args: readonly string[], options: RunOptions = {}): Promise<GitOutput> {
  const command = args.find((arg) => !arg.startsWith('-')) ?? 'git';
  const maxOutputBytes = options.maxOutputBytes ?? 64 * 1024 * 1024;
  const timeoutMs = options.timeoutMs ?? 60_000;
  const child = spawnGit(args, options);
  const stderr = collectStderr(child);
  const ended = exitOf(child, command);

  let stopped: string | null = null;
  const stop = (reason: string) => {
    stopped ??= reason;
    killGit(child, 'SIGKILL');
  };
  const timer = setTimeout(() => stop(`took longer than ${timeoutMs} ms and was ended`), timeoutMs);
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxOutputBytes) stop(`gave more than ${maxOutputBytes} bytes of output and was ended`);
    else chunks.push(chunk);
  });
  for (const part of options.input ?? []) child.stdin.write(part);
  child.stdin.end();

  try {
    const { code } = await ended;
    if (stopped !== null) throw new GitError(command, stopped, null, stderr());
    if (code === null) throw new GitError(command, 'was killed', null, stderr());
    if (!(options.okCodes ?? [0]).includes(code)) {
      throw new GitError(command, firstLine(stderr()) || `failed with exit code ${code}`, code, stderr());
    }
    return { code, stdout: Buffer.concat(chunks) };
  } finally {
    clearTimeout(timer);
  }
}

/** The oldest git whose switches we use: it is the first to read `GIT_CONFIG_GLOBAL`. */
const OLDEST_GIT: readonly [number, number] = [2, 32];

/** The version of the system's git. Throws a `GitError` that says what to do when there is none or it is too old. */
export async function checkGit(): Promise<string> {
  const { stdout } = await runGit(['--version']);
  const text = stdout.toString('utf8').trim();
  const found = /(?<major>\d+)\.(?<minor>\d+)/.exec(text)?.groups;
  const version: [number, number] = [Number(found?.['major']), Number(found?.['minor'])];
  const oldEnough = version[0] > OLDEST_GIT[0] || (version[0] === OLDEST_GIT[0] && version[1] >= OLDEST_GIT[1]);
  if (!oldEnough) throw new GitError('--version', `"${text}" is too old; install git ${OLDEST_GIT.join('.')} or newer`);
  return text.replace(/^git version /, '');
}
