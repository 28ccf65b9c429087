import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import type { Client } from '../harness/client.ts';
import { agentBinaries as binaries, registerAgent, runAgentCommand, startAgent, versionOf } from '../harness/official-agent.ts';
import { startTestServer, type TestServer } from '../harness/server.ts';
import { until } from '../harness/until.ts';

/*
 * The official agent is the judge. `GITLAB_RUNNER_BIN` names one or more binaries (separated as in PATH); each registers, runs a
 * pipeline with artifacts passed on, a failing job, a cancelled one and a retry, and unregisters.
 */
const configuration = `
stages: [build, test]
variables:
  GREETING: hello
compile:
  stage: build
  script:
    - mkdir -p dist && echo "$GREETING from $CI_JOB_NAME" > dist/a.txt
  artifacts: { paths: [dist/], expire_in: 1 week }
other:
  stage: build
  script: [git log -1 --format=%s]
unit:
  stage: test
  script:
    - cat dist/a.txt
    - grep -q "hello from compile" dist/a.txt
  after_script: ['echo "ended as $CI_JOB_STATUS"']
broken:
  stage: test
  allow_failure: true
  script: [echo before, exit 3, echo after]
long:
  stage: test
  when: manual
  script: ['while true; do echo working; sleep 0.2; done']
`;

interface ShownJob {
  id: number;
  name: string;
  status: string;
  failure_reason?: string;
  runner: { id: number } | null;
}

async function registered(server: TestServer, binary: string, folder: string): Promise<void> {
  const [major] = versionOf(binary);
  if (major < 16) {
    const token = ['--registration-token', server.registrationToken, '--description', 'old agent'];
    await registerAgent(binary, folder, server.url, [...token, '--run-untagged=true', '--locked=false']);
    return;
  }
  const made = await server.root.post('/user/runners', { json: { runner_type: 'instance_type', description: 'new agent' } });
  await registerAgent(binary, folder, server.url, ['--token', (made.body as { token: string }).token]);
}

function jobsOf(root: Client, projectId: number, pipelineId: number): () => Promise<ShownJob[]> {
  return async () => (await root.get(`/projects/${projectId}/pipelines/${pipelineId}/jobs`)).body as ShownJob[];
}

describe.skipIf(binaries.length === 0)('official agents (skipped without GITLAB_RUNNER_BIN, a path to gitlab-runner)', () => {
  it.each(binaries)('%s registers, runs a pipeline, is told of a cancel, retries, unregisters', { timeout: 120_000 }, async (binary) => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-agent-'));
    const config = join(folder, 'config.toml');
    await using server = await startTestServer({ clock: systemClock });
    const { root } = server;
    await registered(server, binary, folder);
    const listed = (await root.get('/runners/all')).body as { id: number }[];
    expect(listed.length).toBe(1);
    const runnerId = listed[0]?.id ?? 0;

    const projectId = ((await root.post('/projects', { json: { name: 'agent' } })).body as { id: number }).id;
    const actions = [{ action: 'create', file_path: '.gitlab-ci.yml', content: configuration }];
    await root.post(`/projects/${projectId}/repository/commits`, { json: { branch: 'main', commit_message: 'the commit', actions } });
    const pipelineId = ((await root.get(`/projects/${projectId}/pipelines`)).body as { id: number }[])[0]?.id ?? 0;
    const jobs = jobsOf(root, projectId, pipelineId);
    const job = async (name: string) => (await jobs()).find((one) => one.name === name) ?? expect.fail(`no job ${name}`);
    const log = async (id: number) => String((await root.get(`/projects/${projectId}/jobs/${id}/trace`)).body);

    {
      await using _ = startAgent(binary, folder, 1);
      const done = async () =>
        (await jobs()).filter((one) => one.name !== 'long').every((one) => ['success', 'failed', 'skipped'].includes(one.status));
      await until(done, 'the pipeline to end', 60_000);
      const states = Object.fromEntries((await jobs()).map((one) => [one.name, one.status]));
      expect(states).toEqual({ compile: 'success', other: 'success', unit: 'success', broken: 'failed', long: 'manual' });
      expect(await log((await job('unit')).id)).toContain('hello from compile');
      expect(await log((await job('other')).id)).toContain('the commit');
      const broken = await job('broken');
      expect(broken.failure_reason).toBe('script_failure');
      expect(await log(broken.id)).toMatch(/exit (status|code) 3/);

      const long = await job('long');
      await root.post(`/projects/${projectId}/jobs/${long.id}/play`);
      await until(async () => (await log(long.id)).includes('working'), 'the long job to write', 30_000);
      await root.post(`/projects/${projectId}/jobs/${long.id}/cancel`);
      await until(async () => (await job('long')).status === 'canceled', 'the long job to be canceled', 60_000);

      await root.post(`/projects/${projectId}/jobs/${(await job('unit')).id}/retry`);
      await until(async () => (await job('unit')).status === 'success', 'the retried job', 30_000);
      const ran = (await root.get(`/runners/${runnerId}/jobs`)).body as ShownJob[];
      expect(ran.length).toBe(6);
    }
    await runAgentCommand(binary, folder, ['unregister', '--config', config, '--all-runners']);
    const [major] = versionOf(binary);
    // A runner that was created on the server stays; only its manager goes.
    expect((await root.get(`/runners/${runnerId}`)).status).toBe(major < 16 ? 404 : 200);
    rmSync(folder, { recursive: true, force: true });
  });
});
