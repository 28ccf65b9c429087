import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createClient, type Client } from '../../test/harness/client.ts';
import { freePort } from '../../test/harness/free-port.ts';
import { startServerProcess } from '../../test/harness/server-process.ts';
import { until } from '../../test/harness/until.ts';
import { registerRunner } from './register.ts';
import { startRunner } from './runner.ts';

async function makeJob(root: Client, script: string): Promise<{ project: number; job: number }> {
  const { body } = await root.post('/projects', { json: { name: 'outage' } });
  const project = (body as { id: number }).id;
  const actions = [{ action: 'create', file_path: '.gitlab-ci.yml', content: `job: { script: ['${script}'] }\n` }];
  await root.post(`/projects/${project}/repository/commits`, { json: { branch: 'main', commit_message: 'First', actions } });
  const job = await until(async () => ((await root.get(`/projects/${project}/jobs`)).body as { id: number }[])[0], 'the job');
  return { project, job: job.id };
}

it('goes on with a job when the server is killed and comes back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-outage-'));
  const port = await freePort();
  let server = await startServerProcess({ data: join(folder, 'data'), port });
  const rootToken = /glpat-\S+/.exec(server.output())?.[0] ?? '';
  const root = createClient(`${server.url}/api/v4`).as(rootToken);
  const created = await root.post('/user/runners', { json: { runner_type: 'instance_type', run_untagged: true } });
  const { token } = await registerRunner(server.url, { token: (created.body as { token: string }).token });
  const runner = startRunner({
    url: server.url,
    token,
    buildsDir: join(folder, 'builds'),
    concurrent: 1,
    pollInterval: 50,
    traceInterval: 20,
    retryDelay: 50,
  });
  try {
    const script = `echo line 1; n=1; until test -e ${folder}/go; do n=$((n+1)); echo line $n; sleep 0.02; done; echo last`;
    const { project, job } = await makeJob(root, script);
    const log = async () => (await root.get(`/projects/${project}/jobs/${job}/trace`)).bytes.toString();
    await until(async () => (await log()).includes('line 2\n'), 'the log to grow');
    await server.kill();
    server = await startServerProcess({ data: join(folder, 'data'), port });
    writeFileSync(join(folder, 'go'), '');
    await until(
      async () => ((await root.get(`/projects/${project}/jobs/${job}`)).body as { status: string }).status === 'success',
      'success',
    );
    const lines = [...(await log()).matchAll(/^line (\d+)$/gm)].map((match) => Number(match[1]));
    expect(lines).toEqual(lines.map((_, index) => index + 1));
    expect(await log()).toMatch(/\nlast\n/);
  } finally {
    await runner.stop(0, 0);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
