import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startLine, type Line } from '../../test/harness/line.ts';
import { until } from '../../test/harness/until.ts';

interface RunnerProcess extends AsyncDisposable {
  child: ChildProcess;
  exited: Promise<unknown>;
  said(): string;
}

/** `baton runner` as a process of its own. */
function startProcess(url: string, ...args: string[]): RunnerProcess {
  const main = join(import.meta.dirname, '../main.ts');
  const child = spawn(process.execPath, [main, 'runner', '--url', url, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exited = once(child, 'close');
  return {
    child,
    exited,
    said: () => said,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A line whose own runner rests, so that the process gets the jobs. */
async function startLineWithout(): Promise<Line> {
  const line = await startLine();
  await line.runner.stop();
  return line;
}

function jobThatWaits(line: Line): string {
  return `job: { script: 'touch ${line.builds}/begun; until test -e ${line.builds}/go; do sleep 0.02; done' }\n`;
}

async function runnersOf(line: Line): Promise<string[]> {
  const { body } = await line.server.root.get('/runners/all');
  return (body as { description: string }[]).map((one) => one.description);
}

it('registers, runs a job, waits for it when told to stop, and unregisters', async () => {
  await using line = await startLineWithout();
  const args = ['--registration-token', line.server.registrationToken, '--description', 'passing', '--builds', join(line.builds, 'own')];
  await using runner = startProcess(line.server.url, ...args);
  await until(() => /runner #\d+ asks/.test(runner.said()), 'the registration');
  expect(await runnersOf(line)).toContain('passing');
  const pipeline = await line.pipeline({ config: jobThatWaits(line) });
  await until(() => existsSync(join(line.builds, 'begun')), 'the job to begin');
  runner.child.kill('SIGTERM');
  await until(() => runner.said().includes('stopping'), 'the runner to stop');
  expect((await pipeline.job('job')).status).toBe('running');
  writeFileSync(join(line.builds, 'go'), '');
  await runner.exited;
  expect(runner.child.exitCode, runner.said()).toBe(0);
  expect((await pipeline.job('job')).status).toBe('success');
  expect(await runnersOf(line)).not.toContain('passing');
});

it('ends running jobs at the second signal', async () => {
  await using line = await startLineWithout();
  await using runner = startProcess(line.server.url, '--token', line.runnerToken, '--builds', join(line.builds, 'own'));
  const pipeline = await line.pipeline({ config: jobThatWaits(line) });
  await until(() => existsSync(join(line.builds, 'begun')), 'the job to begin');
  runner.child.kill('SIGINT');
  await until(() => runner.said().includes('stopping'), 'the runner to stop');
  runner.child.kill('SIGINT');
  await runner.exited;
  expect(runner.child.exitCode, runner.said()).toBe(0);
  expect((await pipeline.job('job')).status).toBe('failed');
  // A runner that was there before stays.
  expect((await line.server.api.post('/runners/verify', { json: { token: line.runnerToken } })).status).toBe(200);
});

it.each([
  [['--registration-token', 'wrong'], /baton: the server refused \(403\)/],
  [[], /baton: give --registration-token/],
  [['--token', 'x', '--concurrent', 'many'], /baton: --concurrent must be a number from 1 to 100/],
])('says in one sentence what is wrong with %j', async (args, sentence) => {
  await using line = await startLineWithout();
  await using runner = startProcess(line.server.url, ...args, '--builds', join(line.builds, 'own'));
  await runner.exited;
  expect(runner.child.exitCode).toBe(1);
  expect(runner.said()).toMatch(sentence);
});
