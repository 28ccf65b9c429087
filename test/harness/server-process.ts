import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from './until.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

/** A server in a process of its own, which can be killed. */
export interface ServerProcess {
  url: string;
  child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Ends it at once, as power loss would for the process. */
  kill(): Promise<void>;
  /** Asks it to stop, and waits for its end. */
  stop(): Promise<number | null>;
}

export interface ServerProcessOptions {
  data: string;
  port: number;
  env?: Record<string, string>;
}

/** Starts `baton serve` and waits until it answers. */
export async function startServerProcess({ data, port, env = {} }: ServerProcessOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, [main, 'serve', '--data', data, '--port', String(port)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit');
  const url = await until(
    () => {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${output}`);
      return /Baton is ready at (\S+)/.exec(output)?.[1];
    },
    `the server to be ready; it said: ${output}`,
    30_000,
  );
  return {
    url,
    child,
    output: () => output,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
  };
}
