import { describe, expect, it } from 'vitest';
import { agentVersions, createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { acceptedFailureReasons } from './wire.ts';

const image = { entrypoint: null, command: null, alias: null, pullPolicy: null, variables: {}, docker: null, kubernetes: null };

/** A job that uses every part of the configuration. */
const everything = {
  stage: 'test',
  beforeScript: ['./prepare'],
  script: ['./test --all', './report'],
  afterScript: ['./tidy'],
  image: {
    ...image,
    name: 'alpine:3.20',
    entrypoint: [''],
    pullPolicy: ['if-not-present'],
    docker: { platform: 'linux/amd64', user: 'ci' },
  },
  services: [
    { ...image, name: 'postgres:16', alias: 'db', command: ['postgres', '-c', 'fsync=off'], variables: { POSTGRES_PASSWORD: 'x' } },
  ],
  artifacts: {
    name: 'bundle',
    paths: ['dist/'],
    exclude: ['dist/**/*.map'],
    untracked: false,
    when: 'always' as const,
    expireIn: '7 days',
    expireInSeconds: 604_800,
  },
};

describe.each(engines)('the payload of a job on %s', (engine) => {
  it.each(agentVersions)('is decoded by an agent %s, whatever the job has', async (version) => {
    await using server = await startTestServer({ engine });
    const { job, project, made } = await createAgents(server).running({
      version,
      work: { ...everything, artifacts: { ...everything.artifacts, exclude: [] } },
    });
    const { pipeline } = made;
    expect(job).toMatchObject({
      id: made.jobs['work']!.id,
      allow_git_fetch: true,
      job_info: {
        id: job.id,
        name: 'work',
        stage: 'test',
        project_id: project.id,
        project_name: project.name,
        project_full_path: project.fullPath,
        namespace_id: project.namespaceId,
        root_namespace_id: project.namespaceId,
        time_in_queue_seconds: 0,
        project_jobs_running_on_instance_runners_count: '+Inf',
        user_id: 1,
        pipeline_id: pipeline.id,
      },
      git_info: {
        repo_url: `${server.url.replace('://', `://gitlab-ci-token:${job.token}@`)}/${project.fullPath}.git`,
        ref: 'main',
        sha: pipeline.sha,
        before_sha: '0'.repeat(40),
        ref_type: 'branch',
        refspecs: [`+refs/pipelines/${pipeline.id}:refs/pipelines/${pipeline.id}`, '+refs/heads/main:refs/remotes/origin/main'],
        depth: 20,
        repo_object_format: 'sha1',
        protected: false,
      },
      runner_info: { timeout: 3600 },
      steps: [
        { name: 'script', script: ['./prepare', './test --all', './report'], timeout: 3600, when: 'on_success', allow_failure: false },
        { name: 'after_script', script: ['./tidy'], timeout: 3600, when: 'always', allow_failure: true },
      ],
      image: {
        name: 'alpine:3.20',
        entrypoint: [''],
        pull_policy: ['if-not-present'],
        executor_opts: { docker: { platform: 'linux/amd64', user: 'ci' } },
      },
      services: [
        {
          name: 'postgres:16',
          alias: 'db',
          command: ['postgres', '-c', 'fsync=off'],
          entrypoint: null,
          variables: [{ key: 'POSTGRES_PASSWORD', value: 'x' }],
          executor_opts: {},
        },
      ],
      artifacts: [
        {
          name: 'bundle',
          untracked: false,
          paths: ['dist/'],
          when: 'always',
          expire_in: '7 days',
          artifact_type: 'archive',
          artifact_format: 'zip',
        },
      ],
      cache: [],
      credentials: [],
      dependencies: [],
      features: { trace_sections: true, failure_reasons: [...acceptedFailureReasons] },
    });
    expect(job.token).toMatch(/^glcbt-[\w-]{27}$/);
    expect(job.features.token_mask_prefixes).toContain('glcbt-');
    for (const key of ['run', 'secrets', 'policy_options', 'inputs', 'suspend_options']) expect(job).not.toHaveProperty(key);
  });

  it('is small for a small job', async () => {
    await using server = await startTestServer({ engine });
    const { job } = await createAgents(server).running({ work: { script: ['true'] } });
    expect(job.steps).toEqual([{ name: 'script', script: ['true'], timeout: 3600, when: 'on_success', allow_failure: false }]);
    expect([job.image, job.services, job.artifacts, job.dependencies]).toEqual([null, [], [], []]);
  });

  it('asks for no archive without paths, and names excluded paths only to who can exclude', async () => {
    await using server = await startTestServer({ engine });
    const { artifacts } = everything;
    const { running } = createAgents(server);
    expect((await running({ work: { artifacts: { ...artifacts, paths: [] } } })).job.artifacts).toEqual([]);
    const untracked = await running({
      work: { artifacts: { ...artifacts, name: null, paths: [], untracked: true, expireIn: null, exclude: [] } },
    });
    expect(untracked.job.artifacts).toEqual([
      { name: null, untracked: true, paths: [], when: 'always', expire_in: null, artifact_type: 'archive', artifact_format: 'zip' },
    ]);
    expect((await running({ work: { artifacts } })).job.artifacts).toMatchObject([{ exclude: ['dist/**/*.map'] }]);
  });

  it('counts the jobs of the project on instance runners, for those', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make();
    await pipeline(Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`job ${index}`, {}])));
    const counts: unknown[] = [];
    for (let turn = 0; turn < 12; turn += 1) counts.push((await agent.nextJob()).job_info.project_jobs_running_on_instance_runners_count);
    expect(counts.slice(0, 3)).toEqual(['0', '1', '2']);
    expect(counts.slice(-3)).toEqual(['9', '10+', '10+']);
  });

  it('tells how long the job waited, and the groups of its project', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const top = await server.build.group();
    const group = await server.build.group({ parent: top });
    await pipeline({ work: {} }, { project: await server.build.project({ group }) });
    server.clock.advance(2500);
    const { job_info: info } = await (await make()).agent.nextJob();
    expect(info).toMatchObject({ time_in_queue_seconds: 2, namespace_id: group.id, root_namespace_id: top.id });
  });

  it('is built from whatever a job may hold', async () => {
    await using server = await startTestServer({ engine });
    const odd = { script: ['echo "€ \u0007"', '', 'a\nb'], variables: [{ key: 'A', value: '', raw: false }] };
    const { job } = await createAgents(server).running({ work: odd });
    expect(job.steps[0]?.script).toEqual(odd.script);
  });
});
