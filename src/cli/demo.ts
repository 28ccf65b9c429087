import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { styleText } from 'node:util';
import { startBaton, type Baton } from '../app.ts';
import { registerRunner } from '../embedded-runner/register.ts';
import { startRunner } from '../embedded-runner/runner.ts';

/** Four jobs over two stages; the archive of the first goes on to the last two. */
const configuration = `stages: [build, test]

variables:
  GREETING: "Hello from the demo"

compile:
  stage: build
  script:
    - mkdir -p dist
    - echo "$GREETING, built at commit $CI_COMMIT_SHORT_SHA" > dist/greeting.txt
  artifacts:
    paths: [dist/]
    expire_in: 1 day

docs:
  stage: build
  script:
    - echo "Pages of $CI_PROJECT_PATH are ready"

unit:
  stage: test
  script:
    - cat dist/greeting.txt
    - grep -q "Hello" dist/greeting.txt

lint:
  stage: test
  script:
    - wc -c dist/greeting.txt
  after_script:
    - echo "this job ends as $CI_JOB_STATUS"
`;

/** Marks of sections are for pages that fold them; a terminal shows them as noise. */
// eslint-disable-next-line no-control-regex -- the log holds the escape sequence itself
const sectionMarks = /section_(start|end):\d+:[\w.-]+(\[[^\]]*\])?\r?(\x1b\[0K)?/g;

interface ShownJob {
  id: number;
  name: string;
  stage: string;
  status: string;
  duration: number | null;
  user: { username: string };
  commit: { short_id: string; title: string };
  pipeline: { id: number; status: string };
  project: { path_with_namespace: string };
}

const finished = new Set(['success', 'failed', 'canceled', 'skipped', 'manual']);

/** `baton demo`: everything that the server is for, in half a minute and without leaving anything behind. */
export async function demo(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-demo-'));
  const baton = await startBaton();
  const { token, id } = await registerRunner(baton.url, { token: baton.registrationToken ?? '', description: 'demo runner', tags: [] });
  const runner = startRunner({
    url: baton.url,
    token,
    buildsDir: join(folder, 'builds'),
    concurrent: 2,
    pollInterval: 200,
    traceInterval: 200,
  });
  try {
    say(`Baton runs at ${baton.url}, with the built-in runner #${id}`);
    const api = apiOf(baton);
    const project = await api<{ id: number; http_url_to_repo: string; path_with_namespace: string }>('POST', '/projects', { name: 'demo' });
    say(`pushing a repository to ${project.http_url_to_repo}`);
    await push(join(folder, 'work'), project.http_url_to_repo, baton.rootToken ?? '');
    const [pipeline] = await api<{ id: number }[]>('GET', `/projects/${project.id}/pipelines`);
    if (pipeline === undefined) throw new Error('the push made no pipeline');
    const status = await followPipeline(baton, project.id, pipeline.id);
    const jobs = await api<ShownJob[]>('GET', `/runners/${id}/jobs`);
    say(`GET /api/v4/runners/${id}/jobs`);
    for (const job of jobs) process.stdout.write(`  ${JSON.stringify(summaryOf(job))}\n`);
    say(`the first of them in full`);
    process.stdout.write(`${JSON.stringify(jobs[0], null, 2)}\n`);
    say(`pipeline #${pipeline.id}: ${status}`);
    if (status !== 'success') process.exitCode = 1;
  } finally {
    await runner.stop();
    await baton.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function summaryOf(job: ShownJob): Record<string, unknown> {
  const { id, name, stage, status } = job;
  return {
    id,
    name,
    stage,
    status,
    user: job.user.username,
    commit: job.commit.short_id,
    pipeline: job.pipeline.id,
    project: job.project.path_with_namespace,
  };
}

function say(text: string): void {
  process.stdout.write(`\n${styleText('bold', `» ${text}`)}\n`);
}

function apiOf(baton: Baton): <T>(method: string, path: string, body?: unknown) => Promise<T> {
  return async (method, path, body) => {
    const response = await fetch(`${baton.url}/api/v4${path}`, {
      method,
      headers: { 'PRIVATE-TOKEN': baton.rootToken ?? '', 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as never;
  };
}

/** Makes a repository with git itself and pushes it, as anybody would. */
async function push(work: string, url: string, token: string): Promise<void> {
  const target = new URL(url);
  target.username = 'root';
  target.password = token;
  await git(['init', '--quiet', '--initial-branch=main', work]);
  writeFileSync(join(work, '.gitlab-ci.yml'), configuration);
  writeFileSync(join(work, 'README.md'), '# Demo\n');
  await git(['-C', work, 'add', '.']);
  await git([
    '-C',
    work,
    '-c',
    'user.name=Demo',
    '-c',
    'user.email=demo@example.com',
    'commit',
    '--quiet',
    '-m',
    'A pipeline of four jobs',
  ]);
  await git(['-C', work, 'push', '--quiet', target.href, 'main']);
}

/** Not synchronous: the server that git pushes to is this very process. */
async function git(args: string[]): Promise<void> {
  const child = spawn('git', args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, GIT_TERMINAL_PROMPT: '0' } });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`git could not make or push the repository: ${said.trim()}`);
}

/** Prints the logs of a pipeline's jobs as they grow, one job after another in the pipeline's order. */
async function followPipeline(baton: Baton, projectId: number, pipelineId: number): Promise<string> {
  const api = apiOf(baton);
  const shown = new Set<number>();
  for (;;) {
    const jobs = (await api<ShownJob[]>('GET', `/projects/${projectId}/pipelines/${pipelineId}/jobs`)).toSorted((a, b) => a.id - b.id);
    const next = jobs.find((job) => !shown.has(job.id));
    if (next === undefined) break;
    shown.add(next.id);
    say(`${next.stage} / ${next.name}`);
    await followLog(baton, projectId, next.id);
  }
  return (await api<{ status: string }>('GET', `/projects/${projectId}/pipelines/${pipelineId}`)).status;
}

async function followLog(baton: Baton, projectId: number, jobId: number): Promise<void> {
  const api = apiOf(baton);
  let printed = 0;
  for (;;) {
    const { status } = await api<ShownJob>('GET', `/projects/${projectId}/jobs/${jobId}`);
    const response = await fetch(`${baton.url}/api/v4/projects/${projectId}/jobs/${jobId}/trace`, {
      headers: { 'PRIVATE-TOKEN': baton.rootToken ?? '' },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    process.stdout.write(bytes.subarray(printed).toString('utf8').replaceAll(sectionMarks, ''));
    printed = bytes.length;
    if (finished.has(status)) return;
    await pause(100);
  }
}
