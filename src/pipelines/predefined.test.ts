import { expect, it } from 'vitest';
import type { Commit } from '../git/commits.ts';
import type { Project } from '../namespaces/project.ts';
import type { Pipeline } from './pipeline.ts';
import { groupName, jobPredefined, pipelineVariables, runningPredefined, slug } from './predefined.ts';

const project = {
  id: 7,
  namespaceId: 3,
  name: 'My App',
  path: 'app',
  fullPath: 'Top/sub/app',
  description: null,
  defaultBranch: 'Main/Line',
  ciConfigPath: null,
  visibility: 'internal',
  topics: ['a', 'b'],
} as unknown as Project;
const pipeline: Pipeline = {
  id: 42,
  iid: 5,
  projectId: 7,
  ref: 'feature/Über',
  tag: false,
  protected: true,
  sha: 'ab'.repeat(20),
  beforeSha: '0'.repeat(40),
  source: 'api',
  status: 'created',
  userId: 1,
  yamlErrors: null,
  name: null,
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  updatedAt: 0,
  startedAt: null,
  finishedAt: null,
  duration: null,
};
const commit: Commit = {
  id: pipeline.sha,
  shortId: 'abababab',
  title: 'Title',
  message: 'Title\n\nBody\nmore\n',
  authorName: 'Ada',
  authorEmail: 'ada@example.com',
  authoredAt: 0,
  authorOffset: 0,
  committerName: 'Bo',
  committerEmail: 'b@example.com',
  committedAt: Date.UTC(2026, 5, 1, 12),
  committerOffset: -210,
  parentIds: [],
};
const server = { version: '18.5.0', revision: 'abc' };

function values(of: Partial<{ pipeline: Pipeline; commit: Commit | null; url: string }> = {}): Record<string, string> {
  const list = pipelineVariables({ url: 'https://ci.example.com:8443', server, project, pipeline, commit, ...of });
  return Object.fromEntries(list.map(({ key, value }) => [key, value]));
}

it('describes the server, the project, the pipeline and the commit', () => {
  expect(values()).toMatchObject({
    CI: 'true',
    GITLAB_CI: 'true',
    CI_API_V4_URL: 'https://ci.example.com:8443/api/v4',
    CI_SERVER_HOST: 'ci.example.com',
    CI_SERVER_PORT: '8443',
    CI_SERVER_PROTOCOL: 'https',
    CI_SERVER_FQDN: 'ci.example.com:8443',
    CI_SERVER_VERSION_MAJOR: '18',
    CI_SERVER_VERSION_PATCH: '0',
    CI_PROJECT_NAME: 'app',
    CI_PROJECT_TITLE: 'My App',
    CI_PROJECT_PATH: 'Top/sub/app',
    CI_PROJECT_PATH_SLUG: 'top-sub-app',
    CI_PROJECT_NAMESPACE: 'Top/sub',
    CI_PROJECT_ROOT_NAMESPACE: 'Top',
    CI_PROJECT_TOPICS: 'a,b',
    CI_DEFAULT_BRANCH_SLUG: 'main-line',
    CI_CONFIG_PATH: '.gitlab-ci.yml',
    CI_CONFIG_REF_URI: 'ci.example.com:8443/Top/sub/app//.gitlab-ci.yml@refs/heads/feature/Über',
    CI_PIPELINE_ID: '42',
    CI_PIPELINE_IID: '5',
    CI_PIPELINE_URL: 'https://ci.example.com:8443/Top/sub/app/-/pipelines/42',
    CI_PIPELINE_CREATED_AT: '2026-01-02T03:04:05Z',
    CI_COMMIT_SHORT_SHA: 'abababab',
    CI_COMMIT_BRANCH: 'feature/Über',
    CI_COMMIT_REF_SLUG: 'feature--ber',
    CI_COMMIT_REF_PROTECTED: 'true',
    CI_COMMIT_MESSAGE: 'Title\n\nBody\nmore\n',
    CI_COMMIT_DESCRIPTION: 'Body\nmore',
    CI_COMMIT_AUTHOR: 'Ada <ada@example.com>',
    CI_COMMIT_TIMESTAMP: '2026-06-01T08:30:00-03:30',
  });
  expect(values()).not.toHaveProperty('CI_COMMIT_TAG');
});

it('names a tag instead of a branch, and says nothing of a commit that is gone', () => {
  const tagged = values({ pipeline: { ...pipeline, tag: true, ref: 'v1' }, commit: null, url: 'http://localhost' });
  expect(tagged).toMatchObject({ CI_COMMIT_TAG: 'v1', CI_SERVER_PORT: '80', CI_SERVER_FQDN: 'localhost' });
  for (const key of ['CI_COMMIT_BRANCH', 'CI_COMMIT_MESSAGE', 'CI_PIPELINE_TRIGGERED', 'CI_PIPELINE_NAME'])
    expect(tagged).not.toHaveProperty(key);
});

it('cuts long messages between characters', () => {
  const message = `${'x'.repeat(99_999)}é and more`;
  const cut = values({ commit: { ...commit, message } });
  expect(cut['CI_COMMIT_MESSAGE']).toBe('x'.repeat(99_999));
  expect(cut['CI_COMMIT_MESSAGE_IS_TRUNCATED']).toBe('true');
});

it('describes a job', () => {
  const known = Object.fromEntries(
    jobPredefined({ name: 'rspec 2/5', stage: 'test', when: 'on_success' }).map(({ key, value }) => [key, value]),
  );
  expect(known).toEqual({
    CI_JOB_NAME: 'rspec 2/5',
    CI_JOB_NAME_SLUG: 'rspec-2-5',
    CI_JOB_GROUP_NAME: 'rspec',
    CI_JOB_STAGE: 'test',
    CI_NODE_TOTAL: '1',
  });
  const running = runningPredefined('http://ci', project, { id: 9, startedAt: Date.UTC(2022, 0, 31, 16, 47, 55) });
  expect(Object.fromEntries(running.map(({ key, value }) => [key, value]))).toEqual({
    CI_JOB_ID: '9',
    CI_JOB_URL: 'http://ci/Top/sub/app/-/jobs/9',
    CI_JOB_STARTED_AT: '2022-01-31T16:47:55Z',
    CI_JOB_STARTED_AT_SLUG: '2022-01-31t16-47-55z',
  });
});

it('makes slugs that host names take', () => {
  expect(slug('--Über/x_y--')).toBe('ber-x-y');
  expect(slug(`${'a'.repeat(62)}/b`)).toBe('a'.repeat(62));
  expect(['t 1/3', 't: [x, y]', 't 1 2', 't', 'deploy: prod'].map(groupName)).toEqual(['t', 't', 't 1 2', 't', 'deploy: prod']);
});
