import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '../harness/client.ts';
import { freePort } from '../harness/free-port.ts';
import { until } from '../harness/until.ts';

/*
 * What a newcomer does first: clone, `npm start`, call the API. Only what is committed counts.
 */
const checkout = join(import.meta.dirname, '../..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-clone-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The environment of a shell outside of npm: no packages of this checkout on the path. */
function plainEnvironment(more: Record<string, string>): NodeJS.ProcessEnv {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((part) => !part.includes('node_modules'));
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('npm_') && !name.startsWith('VITEST') && name !== 'NODE_ENV'),
  );
  return { ...own, PATH: path.join(delimiter), ...more };
}

interface Started {
  child: ChildProcess;
  output: string;
  seconds: number;
}

async function npmStart(clone: string, port: number): Promise<Started> {
  const began = performance.now();
  // A group of its own, so that the whole tree can be ended at the end.
  const child = spawn('npm', ['start'], {
    cwd: clone,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: plainEnvironment({ BATON_PORT: String(port) }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}: ${output}`);
      return /Baton is ready at/.test(output);
    },
    'the server of the fresh clone',
    240_000,
  );
  return { child, output, seconds: (performance.now() - began) / 1000 };
}

async function end({ child }: Started): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

it('starts from a fresh clone with one command, and fast the second time', async () => {
  const clone = join(folder, 'baton');
  const cloned = spawnSync('git', ['clone', '--quiet', checkout, clone], { encoding: 'utf8' });
  expect(cloned.stderr).toBe('');
  const port = await freePort();
  const first = await npmStart(clone, port);
  const token = /Root token\s+(glpat-\S+)/.exec(first.output)?.[1] ?? '';
  expect(first.output).toMatch(/gitlab-runner register .*--registration-token \S{20,}/);
  const api = createClient(`http://127.0.0.1:${port}/api/v4`).as(token);
  expect((await api.get('/runners/all')).body).toEqual([]);
  await end(first);
  // npm ends its shell at once; the server notices, and lets go of its port.
  await until(async () => !(await api.get('/version').catch(() => null)), 'the first server to end');
  const second = await npmStart(clone, port);
  expect((await api.get('/runners/all')).status).toBe(200);
  await end(second);
  await until(async () => !(await api.get('/version').catch(() => null)), 'the second server to end');
  console.log(`first start ${first.seconds.toFixed(1)} s, second ${second.seconds.toFixed(2)} s`);
  expect(second.seconds).toBeLessThan(5);
});
