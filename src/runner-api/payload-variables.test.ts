import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { commitOver } from '../../test/harness/git-project.ts';
import { startTestServer } from '../../test/harness/server.ts';
import type { JobPayload } from './wire.ts';

const valueOf = (job: JobPayload, key: string) => job.variables.findLast((variable) => variable.key === key);
const plain = { public: true, file: false, masked: false, raw: false };

describe.each(engines)('the variables of a job on %s', (engine) => {
  it('are all that scripts rely on', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make } = createAgents(server);
    const { agent, runnerId } = await make({ tags: ['b', 'a'], settings: { description: 'builder' } });
    const project = await server.build.project();
    const sha = await commitOver(server.root, project, { '.gitlab-ci.yml': 'work: { script: [make], stage: build }\nstages: [build]' });
    const job = await agent.nextJob();
    const { body: pipeline } = await server.root.get(`/projects/${project.id}/pipelines/latest`);
    const url = new URL(server.url);
    const namespace = project.fullPath.slice(0, -project.path.length - 1);
    const expected: Record<string, string> = {
      CI: 'true',
      GITLAB_CI: 'true',
      CI_JOB_ID: String(job.id),
      CI_JOB_NAME: 'work',
      CI_JOB_STAGE: 'build',
      CI_JOB_URL: `${server.url}/${project.fullPath}/-/jobs/${job.id}`,
      CI_JOB_STARTED_AT: new Date(server.clock.now()).toISOString().replace(/\.\d+/, ''),
      CI_PIPELINE_ID: String(pipeline.id),
      CI_PIPELINE_IID: String(pipeline.iid),
      CI_PIPELINE_SOURCE: 'push',
      CI_PIPELINE_URL: `${server.url}/${project.fullPath}/-/pipelines/${pipeline.id}`,
      CI_PROJECT_ID: String(project.id),
      CI_PROJECT_NAME: project.path,
      CI_PROJECT_PATH: project.fullPath,
      CI_PROJECT_PATH_SLUG: project.fullPath.replaceAll(/[^a-z0-9]/g, '-'),
      CI_PROJECT_NAMESPACE: namespace,
      CI_PROJECT_URL: `${server.url}/${project.fullPath}`,
      CI_COMMIT_SHA: sha,
      CI_COMMIT_SHORT_SHA: sha.slice(0, 8),
      CI_COMMIT_BEFORE_SHA: '0'.repeat(40),
      CI_COMMIT_REF_NAME: 'main',
      CI_COMMIT_REF_SLUG: 'main',
      CI_COMMIT_BRANCH: 'main',
      CI_COMMIT_MESSAGE: 'Add files',
      CI_COMMIT_TITLE: 'Add files',
      CI_COMMIT_REF_PROTECTED: String(job.git_info.protected),
      CI_DEFAULT_BRANCH: 'main',
      CI_SERVER_URL: server.url,
      CI_SERVER_HOST: url.hostname,
      CI_SERVER_PORT: url.port,
      CI_SERVER_PROTOCOL: 'http',
      CI_SERVER_NAME: 'GitLab',
      CI_API_V4_URL: `${server.url}/api/v4`,
      CI_RUNNER_ID: String(runnerId),
      CI_RUNNER_DESCRIPTION: 'builder',
      CI_RUNNER_TAGS: '["b","a"]',
      GITLAB_USER_ID: '1',
      GITLAB_USER_LOGIN: 'root',
      GITLAB_USER_NAME: 'Administrator',
    };
    for (const [key, value] of Object.entries(expected)) expect(valueOf(job, key)).toEqual({ key, value, ...plain });
    for (const key of ['CI_SERVER_VERSION', 'GITLAB_USER_EMAIL'])
      expect(valueOf(job, key)).toMatchObject({ key, value: expect.stringMatching(/./), ...plain });
    expect(valueOf(job, 'CI_JOB_TOKEN')).toEqual({ key: 'CI_JOB_TOKEN', value: job.token, ...plain, public: false, masked: true });
    expect(valueOf(job, 'CI_REPOSITORY_URL')).toEqual({ key: 'CI_REPOSITORY_URL', value: job.git_info.repo_url, ...plain, public: false });
    expect(valueOf(job, 'CI_COMMIT_TAG')).toBeUndefined();
  });

  it('are named once, and the last word is that of the settings', async () => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    const set = (json: Record<string, unknown>) => server.root.post(`/projects/${project.id}/variables`, { json });
    await set({ key: 'PLACE', value: 'settings' });
    await set({ key: 'KEY_FILE', value: '-----BEGIN KEY-----\n$CI', variable_type: 'file' });
    await set({ key: 'SECRET', value: 'hide-me-please', masked: true });
    await set({ key: 'PRICE', value: '5$CI', raw: true });
    await set({ key: 'ONLY_PROTECTED', value: 'x', protected: true });
    const variables = [
      { key: 'PLACE', value: 'configuration', raw: false },
      { key: 'GREETING', value: 'to $CI_PROJECT_NAME, not $UNKNOWN, $$CI', raw: false },
      { key: 'AS_IS', value: '$CI', raw: true },
      { key: 'CI_JOB_NAME', value: 'mine', raw: false },
    ];
    const { job } = await createAgents(server).running({ project, work: { variables } });
    const settings = { ...plain, public: false };
    expect(valueOf(job, 'PLACE')).toEqual({ key: 'PLACE', value: 'settings', ...settings });
    expect(valueOf(job, 'KEY_FILE')).toEqual({ key: 'KEY_FILE', value: '-----BEGIN KEY-----\n$CI', ...settings, file: true });
    expect(valueOf(job, 'SECRET')).toEqual({ key: 'SECRET', value: 'hide-me-please', ...settings, masked: true });
    expect(valueOf(job, 'PRICE')).toEqual({ key: 'PRICE', value: '5$CI', ...settings, raw: true });
    expect(valueOf(job, 'ONLY_PROTECTED')).toBeUndefined();
    expect(valueOf(job, 'GREETING')).toEqual({ key: 'GREETING', value: `to ${project.path}, not $UNKNOWN, $$CI`, ...plain });
    expect(valueOf(job, 'AS_IS')).toEqual({ key: 'AS_IS', value: '$CI', ...plain, raw: true });
    expect(valueOf(job, 'CI_JOB_NAME')).toMatchObject({ value: 'mine' });
    const names = job.variables.map((variable) => variable.key);
    expect(new Set(names).size).toBe(names.length);
  });

  it('tell the tag instead of the branch, and protected ones on protected refs', async () => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    await server.root.post(`/projects/${project.id}/variables`, { json: { key: 'ONLY_PROTECTED', value: 'x', protected: true } });
    const { agent: make, pipeline } = createAgents(server);
    await pipeline({ work: {} }, { project, ref: 'v1', tag: true, protected: true });
    const job = await (await make()).agent.nextJob();
    expect([
      valueOf(job, 'CI_COMMIT_TAG')?.value,
      valueOf(job, 'CI_COMMIT_BRANCH'),
      valueOf(job, 'CI_COMMIT_REF_PROTECTED')?.value,
    ]).toEqual(['v1', undefined, 'true']);
    expect(valueOf(job, 'ONLY_PROTECTED')?.value).toBe('x');
  });
});
