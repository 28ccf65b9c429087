import { mkdtempSync, readdirSync, readFileSync, rmSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import BetterSqlite from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from '../harness/client.ts';
import { freePort } from '../harness/free-port.ts';
import { agentBinaries, registerAgent, startAgent, versionOf } from '../harness/official-agent.ts';
import { startRecordingProxy } from '../harness/recording-proxy.ts';
import { startServerProcess } from '../harness/server-process.ts';
import { until } from '../harness/until.ts';

/*
 * Two official agents of different versions work for one server at once, which is killed three times meanwhile. Each job leaves a mark outside of everything, so
 * that a job that runs twice, or not at all, is seen; and every log is compared with what its agent sent and what its script printed.
 */
const rootToken = 'glpat-two-agents-root-token';
const registrationToken = 'GR1348941two-agents-registration';
const pairs = 24;

const work = `
echo "$CI_JOB_ID" >> "$MARKS/$CI_JOB_ID"
i=0
while [ $i -lt 200 ]; do
  echo "line $i of $CI_JOB_NAME: größe"
  if [ $i -eq 100 ]; then sleep 0.5; fi
  i=$((i+1))
done
`;

/** What `work` prints in a job of this name. */
const printed = (name: string) => Array.from({ length: 200 }, (_, index) => `line ${index} of ${name}: größe\n`).join('');

const configuration = (marks: string) => `
stages: [build, test, by hand]
variables: { MARKS: '${marks}', GET_SOURCES_ATTEMPTS: '3', ARTIFACT_DOWNLOAD_ATTEMPTS: '3' }
${Array.from(
  { length: pairs },
  (_, index) => `
build ${index}:
  stage: build
  script: [sh work.sh, mkdir -p out, echo "made by $CI_JOB_NAME" > out/${index}.txt]
  artifacts: { paths: [out/] }
test ${index}:
  stage: test
  dependencies: [build ${index}]
  script: [sh work.sh, grep -qx "made by build ${index}" out/${index}.txt]
`,
).join('')}
broken:
  stage: by hand
  when: manual
  script: [sh work.sh, exit 3]
hard:
  stage: by hand
  when: manual
  tags: [old]
  script: [sh work.sh, 'while true; do echo working; sleep 0.2; done']
  after_script: [echo tidied]
graceful:
  stage: by hand
  when: manual
  tags: [new]
  script: [sh work.sh, 'while true; do echo working; sleep 0.2; done']
  after_script: [echo tidied]
`;

const endless = (marks: string) => `
late:
  variables: { MARKS: '${marks}' }
  script: [sh work.sh, 'while true; do echo working; sleep 0.2; done']
`;

interface ShownJob {
  id: number;
  name: string;
  status: string;
  failure_reason?: string;
  runner: { id: number } | null;
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function newFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `baton-${name}-`));
  folders.push(folder);
  return folder;
}

const [oldest] = agentBinaries;
const newest = agentBinaries.at(-1);
const pairsOfAgents = agentBinaries.slice(0, -1).map((binary) => [binary, newest ?? '']);

describe.skipIf(oldest === newest)('two official agents (skipped unless GITLAB_RUNNER_BIN names two of them)', () => {
  it.each(pairsOfAgents)('%s and %s work through three kills of their server', { timeout: 240_000 }, async (older, newer) => {
    const data = newFolder('two-agents');
    const marks = join(newFolder('marks'), 'jobs');
    mkdirSync(marks);
    const port = await freePort();
    await using proxy = await startRecordingProxy(port);
    const env = { BATON_ROOT_TOKEN: rootToken, BATON_REGISTRATION_TOKEN: registrationToken, BATON_URL: proxy.url };
    let server = await startServerProcess({ data, port, env });
    await using _ = { [Symbol.asyncDispose]: () => server.kill() };
    // People come in by the other door: the proxy is for agents.
    const root = createClient(`http://127.0.0.1:${port}/api/v4`).as(rootToken);

    const [oldFolder, newFolderOf] = [newFolder('old-agent'), newFolder('new-agent')];
    const token = ['--registration-token', registrationToken, '--run-untagged=true', '--locked=false', '--tag-list', 'old'];
    await registerAgent(older, oldFolder, proxy.url, token);
    const json = { runner_type: 'instance_type', tag_list: 'new', run_untagged: true };
    const made = await root.post('/user/runners', { json });
    await registerAgent(newer, newFolderOf, proxy.url, ['--token', (made.body as { token: string }).token]);

    async function pipelineOf(name: string, content: string): Promise<{ projectId: number; jobs(): Promise<ShownJob[]> }> {
      const projectId = ((await root.post('/projects', { json: { name } })).body as { id: number }).id;
      if (name === 'late') shortenTimeout(data, projectId);
      const actions = [
        { action: 'create', file_path: '.gitlab-ci.yml', content },
        { action: 'create', file_path: 'work.sh', content: work },
      ];
      await root.post(`/projects/${projectId}/repository/commits`, { json: { branch: 'main', commit_message: 'work', actions } });
      const [pipeline] = (await root.get(`/projects/${projectId}/pipelines`)).body as { id: number }[];
      const path = `/projects/${projectId}/pipelines/${pipeline?.id}/jobs?per_page=100&include_retried=true`;
      return { projectId, jobs: async () => (await root.get(path)).body as ShownJob[] };
    }

    const main = await pipelineOf('main', configuration(marks));
    await using _old = startAgent(older, oldFolder, 4);
    await using _new = startAgent(newer, newFolderOf, 4);
    const paired = async () => (await main.jobs()).filter(({ name }) => /^(build|test) /.test(name));
    const succeeded = async () => (await paired()).filter(({ status }) => status === 'success').length;
    for (const goal of [6, 20, 36]) {
      await until(async () => (await succeeded()) >= goal, `${goal} jobs`, 90_000);
      await server.kill();
      server = await startServerProcess({ data, port, env });
    }
    // A job whose 201 broke with the server is on nobody: its user cancels it and tries anew, long before the sweep would end it.
    const orphans = new Set<number>();
    const suspects = new Map<number, number>();
    await until(
      async () => {
        const lost = (await paired()).filter(({ id, status }) => status === 'running' && !proxy.given.includes(id));
        for (const { id } of lost) {
          const since = suspects.get(id) ?? Date.now();
          suspects.set(id, since);
          if (Date.now() - since < 3000) continue;
          orphans.add(id);
          for (const action of ['cancel', 'cancel?force=true', 'retry'])
            await root.post(`/projects/${main.projectId}/jobs/${id}/${action}`);
        }
        return (await succeeded()) === 2 * pairs;
      },
      'all jobs',
      90_000,
    );

    const job = async (name: string) => (await main.jobs()).findLast((one) => one.name === name) ?? expect.fail(`no job ${name}`);
    const act = async (name: string, action: string) => root.post(`/projects/${main.projectId}/jobs/${(await job(name)).id}/${action}`);
    const has = async (name: string, ...statuses: string[]) =>
      until(async () => statuses.includes((await job(name)).status), `${name} to be ${statuses.join(' or ')}`, 60_000);
    const log = async (projectId: number, id: number) => (await root.get(`/projects/${projectId}/jobs/${id}/trace`)).bytes;

    const late = await pipelineOf('late', endless(marks));
    for (const name of ['broken', 'hard', 'graceful']) await act(name, 'play');
    await has('broken', 'failed');
    const first = await job('broken');
    expect(first.failure_reason).toBe('script_failure');
    expect((await act('broken', 'retry')).status).toBe(201);
    await until(
      async () => (await main.jobs()).filter(({ name, status }) => name === 'broken' && status === 'failed').length === 2,
      'the retry',
      60_000,
    );
    for (const name of ['hard', 'graceful']) {
      await until(async () => (await log(main.projectId, (await job(name)).id)).includes('working\n'), `${name} to work`, 60_000);
      await act(name, 'cancel');
    }
    // An agent that stops gracefully says when it is done; the other one is not asked.
    expect((await job('hard')).status).toBe('canceled');
    await has('graceful', 'canceled');
    // From 16.10 on.
    if (versionOf(newer)[0] > 16) expect((await log(main.projectId, (await job('graceful')).id)).toString()).toContain('tidied\n');
    expect((await log(main.projectId, (await job('hard')).id)).toString()).not.toContain('tidied\n');
    await until(async () => (await late.jobs())[0]?.status === 'failed', 'the timeout', 60_000);
    expect((await late.jobs())[0]?.failure_reason).toBe('job_execution_timeout');

    const all = [...(await main.jobs()), ...(await late.jobs())].filter(({ id }) => !orphans.has(id));
    const ids = all.map(({ id }) => id).toSorted((one, other) => one - other);
    expect(proxy.given.toSorted((one, other) => one - other)).toEqual(ids);
    const marked = readdirSync(marks).map((name) => ({ id: Number(name), text: readFileSync(join(marks, name), 'utf8') }));
    expect(marked.map(({ id }) => id).toSorted((one, other) => one - other)).toEqual(ids);
    for (const { id, text } of marked) expect(text).toBe(`${id}\n`);
    let compared = 0;
    for (const { id, name } of all) {
      const bytes = await log(name === 'late' ? late.projectId : main.projectId, id);
      const sent = proxy.logs.get(id) ?? Buffer.alloc(0);
      expect(bytes.toString().split(printed(name)).length, `the lines of ${name}, once`).toBe(2);
      // What a canceled job says after its end is refused.
      if (name === 'hard') continue;
      expect([name, crc32(bytes), bytes.length]).toEqual([name, crc32(sent), sent.length]);
      const { checksum } = proxy.ends.get(id) ?? expect.fail(`${name} has no end`);
      if (checksum !== null) expect(`crc32:${crc32(bytes).toString(16).padStart(8, '0')}`).toBe(checksum);
      compared += bytes.length;
    }
    const runners = new Set(all.map(({ runner }) => runner?.id));
    expect(runners.size).toBe(2);
    console.log(
      `${versionOf(older).join('.')} and ${versionOf(newer).join('.')}: ${all.length} jobs, ${compared} bytes of logs, ${orphans.size} jobs lost with an answer`,
    );
  });
});

/** A timeout shorter than the ten minutes that the API asks for, as a test cannot wait for those. */
function shortenTimeout(data: string, projectId: number): void {
  const database = new BetterSqlite(join(data, 'baton.db'), { timeout: 5000 });
  database.prepare('update projects set build_timeout = 12 where id = ?').run(projectId);
  database.close();
}
