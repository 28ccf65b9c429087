import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerRunner } from '../../src/embedded-runner/register.ts';
import { startRunner, type RunnerHandle, type RunnerOptions } from '../../src/embedded-runner/runner.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Project } from '../../src/namespaces/project.ts';
import { startTestServer, type TestServer } from './server.ts';
import { until } from './until.ts';

/** A job as the API shows it; only what tests look at. */
export interface ShownJob {
  id: number;
  name: string;
  status: string;
  failure_reason?: string;
  artifacts: { file_type: string; size: number; filename: string }[];
}

export interface PipelineRequest {
  /** Text of `.gitlab-ci.yml`. */
  config: string;
  /** More files of the commit, path → text. */
  files?: Record<string, string>;
  /** Variables of the project. */
  variables?: Record<string, unknown>[];
  /** Name of a tag to make, whose pipeline counts instead of the branch's. */
  tag?: string;
}

/** A pipeline that the built-in runner works on. */
export interface LinePipeline {
  project: Project;
  id: number;
  job(name: string): Promise<ShownJob>;
  log(name: string): Promise<string>;
  /** The job with this name once it has ended. */
  ended(name: string): Promise<ShownJob>;
}

/** The whole line: a real server on real time, the built-in runner, and git between them. */
export interface Line extends AsyncDisposable {
  server: TestServer;
  runner: RunnerHandle;
  runnerToken: string;
  builds: string;
  pipeline(request: PipelineRequest): Promise<LinePipeline>;
  /** Folders of secrets that jobs have left. */
  secretsLeft(): string[];
}

const ends = new Set(['success', 'failed', 'canceled', 'skipped']);

export async function startLine(options: Partial<RunnerOptions> & { settings?: Record<string, unknown> } = {}): Promise<Line> {
  const { settings, ...runnerOptions } = options;
  const server = await startTestServer({ clock: systemClock });
  const builds = mkdtempSync(join(tmpdir(), 'baton-builds-'));
  if (settings !== undefined) await expectStatus(server.root.put('/application/settings', { json: settings }), 200);
  const { token } = await registerRunner(server.url, { token: server.registrationToken });
  const runner = startRunner({
    url: server.url,
    token,
    buildsDir: builds,
    concurrent: 1,
    pollInterval: 20,
    traceInterval: 20,
    retryDelay: 20,
    killGrace: 300,
    ...runnerOptions,
  });

  async function pipeline({ config, files = {}, variables = [], tag }: PipelineRequest): Promise<LinePipeline> {
    const project = await server.build.project();
    const at = `/projects/${project.id}`;
    for (const json of variables) await expectStatus(server.root.post(`${at}/variables`, { json }), 201);
    const all = { ...files, '.gitlab-ci.yml': config };
    const actions = Object.entries(all).map(([path, content]) => ({ action: 'create', file_path: path, content }));
    await expectStatus(server.root.post(`${at}/repository/commits`, { json: { branch: 'main', commit_message: 'First', actions } }), 201);
    if (tag !== undefined) await expectStatus(server.root.post(`${at}/repository/tags`, { json: { tag_name: tag, ref: 'main' } }), 201);
    const found = await until(
      async () => ((await server.root.get(`${at}/pipelines`, { query: { ref: tag ?? 'main' } })).body as { id: number }[])[0],
      'the pipeline of the push',
    );
    const { yaml_errors: complaint } = (await server.root.get(`${at}/pipelines/${found.id}`)).body as { yaml_errors: string | null };
    if (complaint !== null) throw new Error(`the configuration is refused: ${complaint}`);
    const job = async (name: string): Promise<ShownJob> => {
      const jobs = (await server.root.get(`${at}/pipelines/${found.id}/jobs`)).body as ShownJob[];
      const one = jobs.find((shown) => shown.name === name);
      if (one === undefined) throw new Error(`there is no job ${name}`);
      return one;
    };
    return {
      project,
      id: found.id,
      job,
      log: async (name) => (await server.root.get(`${at}/jobs/${(await job(name)).id}/trace`)).bytes.toString(),
      ended: (name) =>
        until(
          async () => {
            const one = await job(name);
            return ends.has(one.status) ? one : null;
          },
          `the end of ${name}`,
          15_000,
        ),
    };
  }

  return {
    server,
    runner,
    runnerToken: token,
    builds,
    pipeline,
    secretsLeft: () => foldersLike(builds, /\.tmp$/),
    async [Symbol.asyncDispose]() {
      await runner.stop(0, 1000);
      await server.stop();
      rmSync(builds, { recursive: true, force: true });
    },
  };
}

/** Not through links, which jobs may have made. */
function foldersLike(folder: string, pattern: RegExp): string[] {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => [...(pattern.test(name) ? [join(folder, name)] : []), ...foldersLike(join(folder, name), pattern)]);
}

async function expectStatus(reply: Promise<{ status: number; body: unknown }>, status: number): Promise<void> {
  const { status: given, body } = await reply;
  if (given !== status) throw new Error(`answered with ${given}: ${JSON.stringify(body)}`);
}
