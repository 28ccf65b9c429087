import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface GitResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface GitClientOptions {
  /** More environment, such as `GIT_TRACE_CURL`. */
  env?: Record<string, string>;
  /** Standard input. */
  input?: string;
}

/**
 * Runs the real git as a user would, in a folder of its own, without this machine's settings. Throws when it fails;
 * `attempt` gives the failure instead. Never synchronous: the server under test lives in the same process.
 */
export class GitClient implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<GitClient> {
    return new GitClient(await mkdtemp(join(tmpdir(), 'baton-git-client-')));
  }

  /** Output without the last line feed. `args` may start with `-C <folder>`, relative to this client's. */
  async run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(args);
    if (code !== 0) throw new Error(`git ${args.join(' ')} ended with ${code}:\n${stderr}`);
    return stdout.replace(/\n$/, '');
  }

  attempt(args: readonly string[], options: GitClientOptions = {}): Promise<GitResult> {
    return new Promise((resolve, reject) => {
      const child = spawn('git', args, { cwd: this.folder, env: { ...this.#env(), ...options.env }, stdio: 'pipe' });
      // A git that does not read its input may be gone before this is written.
      child.stdin.on('error', () => {});
      child.stdin.end(options.input);
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  #env(): Record<string, string> {
    const person = { NAME: 'Ada', EMAIL: 'ada@example.com' };
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      LC_ALL: 'C',
      GIT_AUTHOR_NAME: person.NAME,
      GIT_AUTHOR_EMAIL: person.EMAIL,
      GIT_COMMITTER_NAME: person.NAME,
      GIT_COMMITTER_EMAIL: person.EMAIL,
    };
  }
}
