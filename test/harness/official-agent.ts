import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Paths of official agents that `GITLAB_RUNNER_BIN` names, separated as in PATH. */
export const agentBinaries = (process.env['GITLAB_RUNNER_BIN'] ?? '').split(delimiter).filter((path) => path !== '');

/** Major and minor version of an official agent. Throws when it does not tell them. */
export function versionOf(binary: string): [number, number] {
  const { stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  const [, major, minor] = /Version:\s+(\d+)\.(\d+)/.exec(stdout) ?? [];
  if (major === undefined) throw new Error(`${binary} does not tell its version: ${stdout}`);
  return [Number(major), Number(minor)];
}

/** Runs a command of the agent to its end. Not synchronous: the server that it talks to may be this very process. */
export async function runAgentCommand(binary: string, folder: string, args: string[]): Promise<void> {
  const child = spawn(binary, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: folder } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${args[0]} ended with ${child.exitCode}: ${output}`);
}

/** Registers with a token, and whatever else is given, for the shell executor. */
export async function registerAgent(binary: string, folder: string, url: string, args: string[]): Promise<void> {
  const config = join(folder, 'config.toml');
  const common = ['register', '--non-interactive', '--config', config, '--url', url, '--executor', 'shell', '--shell', 'bash'];
  await runAgentCommand(binary, folder, [...common, ...args]);
}

/** Starts the agent as registered in `folder`, with `concurrent` jobs at once and a request each second. Stops it when disposed. */
export function startAgent(binary: string, folder: string, concurrent: number): AsyncDisposable {
  const config = join(folder, 'config.toml');
  const text = readFileSync(config, 'utf8').replace(/^concurrent = .*$/m, `concurrent = ${concurrent}`);
  writeFileSync(config, text.replace(/^check_interval = .*$/m, 'check_interval = 1'));
  const child = spawn(binary, ['run', '--config', config, '--working-directory', folder], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, HOME: folder },
  });
  const exited = once(child, 'exit');
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
