import { describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { commitFiles } from '../../test/harness/repositories.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import { refValue, type RefUpdate } from '../git/refs.ts';
import type { NewCommit } from '../git/commit-actions.ts';
import type { Project } from '../namespaces/project.ts';
import { insertVariable } from '../namespaces/variable-store.ts';
import { createPipeline, resumeCreated } from './create.ts';
import { insertJobs, insertPipeline } from './creation-store.ts';
import { createFromPush } from './push.ts';
import { transition } from './transition.ts';
import { compiledJob } from '../../test/harness/pipelines-factory.ts';
import { tagSetId } from '../runners/tag-sets.ts';

/** A commit on a branch of the project, `main` if none is named. */
async function commit(
  server: TestServer,
  project: Project,
  files: Record<string, string>,
  more: Partial<NewCommit> = {},
): Promise<RefUpdate> {
  const repository = await server.baton.app.repositories.create(project.id, 'main');
  return commitFiles(repository, files, more);
}

const valid = 'build:\n  stage: build\n  script: make\ntest:\n  script: make test\n  tags: [linux, $SIZE]\n';

describe.each(engines)('making pipelines on %s', (engine) => {
  it('makes a pipeline over the API and lets its first jobs go', async () => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    const { after } = await commit(server, project, { '.gitlab-ci.yml': valid });
    const made = await server.root.post(`/projects/${project.id}/pipeline`, {
      json: {
        ref: 'main',
        variables: [
          { key: 'SIZE', value: 'large' },
          { key: 'F', value: 'text', variable_type: 'file' },
        ],
      },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      id: expect.any(Number),
      iid: 1,
      project_id: project.id,
      sha: after,
      before_sha: '0'.repeat(40),
      ref: 'main',
      tag: false,
      status: 'pending',
      source: 'api',
      yaml_errors: null,
      user: { username: 'root' },
      started_at: null,
      finished_at: null,
      duration: null,
      queued_duration: null,
      coverage: null,
      committed_at: new Date(1_700_000_000_000).toISOString(),
      detailed_status: { text: 'pending', group: 'pending', details_path: expect.stringContaining('/-/pipelines/') },
      archived: false,
    });
    const { id } = made.body as { id: number };
    const jobs = (await server.root.get(`/projects/${project.id}/pipelines/${id}/jobs`)).body;
    expect(jobs).toMatchObject([
      { name: 'test', stage: 'test', status: 'created', tag_list: ['large', 'linux'] },
      { name: 'build', stage: 'build', status: 'pending', tag_list: [] },
    ]);
    expect((await server.root.get(`/projects/${project.id}/pipelines/${id}/variables`)).body).toEqual([
      { variable_type: 'env_var', key: 'SIZE', value: 'large', raw: false },
      { variable_type: 'file', key: 'F', value: 'text', raw: false },
    ]);
    // Agents fetch the commit by this ref.
    expect(await refValue(server.baton.app.repositories.at(project.id), `refs/pipelines/${id}`)).toBe(after);
  });

  it('saves nothing when the configuration, the ref or a variable is wrong over the API', async () => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    const path = `/projects/${project.id}/pipeline`;
    const base = async (json: object) => {
      const { status, body } = await server.root.post(path, { json });
      return [status, body];
    };
    const refused = (...texts: string[]) => [400, { message: { base: texts } }];
    expect(await base({})).toEqual([400, { error: 'ref is missing' }]);
    expect(await base({ ref: 'main' })).toEqual(refused('Reference not found'));
    await commit(server, project, { README: 'hello' });
    expect(await base({ ref: 'main' })).toEqual(refused('Missing CI config file'));
    const { after } = await commit(server, project, { '.gitlab-ci.yml': 'build:\n  stage: nowhere\n  script: make\n' });
    expect(await base({ ref: 'main' })).toEqual(
      refused('build job: chosen stage nowhere does not exist; available stages are .pre, build, test, deploy, .post'),
    );
    expect(await base({ ref: after })).toEqual(refused('Reference not found'));
    expect(await base({ ref: 'main', variables: [{ key: 'a b', value: '1' }, { value: '2' }, { key: 'C' }, { key: 'C' }] })).toEqual(
      refused("Variables key can't be blank", "Variables key can contain only letters, digits and '_'.", 'Duplicate variable name: C'),
    );
    expect(await base({ ref: 'main', inputs: { where: 'here' } })).toEqual(
      refused('Given inputs not defined in the `spec` section of the included configuration file: where'),
    );
    expect((await server.root.get(`/projects/${project.id}/pipelines`)).body).toEqual([]);
  });

  it('cancels what a push makes redundant, and nothing that a job keeps alive that must not be interrupted', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const project = await server.build.project();
    const owner = (await server.build.person()).user;
    const push = async (update: RefUpdate) => createFromPush(app, project, owner, { updates: [update], skipCi: false, variables: [] });
    const statuses = async () =>
      ((await server.root.get(`/projects/${project.id}/pipelines`, { query: { sort: 'asc' } })).body as { status: string }[]).map(
        ({ status }) => status,
      );
    await push(await commit(server, project, { '.gitlab-ci.yml': valid }));
    await push(await commit(server, project, { a: 'x' }));
    expect(await statuses()).toEqual(['canceled', 'pending']);
    const [job] = await app.db.selectFrom('pending_jobs').select('job_id').execute();
    const claim = { runnerId: 1, managerId: null, timeout: 60, timeoutSource: 'job', cancelGracefully: false, instanceRunner: true };
    await app.write((tx) => transition(app, tx, job!.job_id, 'run', { ...claim, tokenDigest: 'x' }));
    await push(await commit(server, project, { b: 'x' }));
    expect(await statuses()).toEqual(['canceled', 'running', 'pending']);
  });

  it('makes a failed pipeline of a push with a broken configuration, and none of one without', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const project = await server.build.project();
    const owner = (await server.build.person()).user;
    const push = (update: RefUpdate, skipCi = false) => createFromPush(app, project, owner, { updates: [update], skipCi, variables: [] });
    expect(await push(await commit(server, project, { README: 'x' }))).toEqual([]);
    const broken = await push(await commit(server, project, { '.gitlab-ci.yml': 'build: [oops' }));
    expect(broken[0]).toMatch(/^Pipeline #1 has failed, its configuration is broken: http/);
    await commit(server, project, { a: 'x' });
    const fix = {
      branch: 'fix',
      startBranch: 'main',
      actions: [{ action: 'update' as const, filePath: '.gitlab-ci.yml', content: Buffer.from(valid) }],
    };
    const fine = await push(await commit(server, project, {}, fix));
    expect(fine[0]).toMatch(/^Pipeline #2: http/);
    const skipped = await push(await commit(server, project, { b: 'x' }, { branch: 'fix', message: 'No [skip ci] please' }));
    expect(skipped[0]).toMatch(/^Pipeline #3 was skipped/);
    expect(await push(await commit(server, project, { c: 'x' }, { branch: 'fix' }), true)).toEqual([
      expect.stringContaining('was skipped'),
    ]);
    const list = (await server.root.get(`/projects/${project.id}/pipelines`, { query: { sort: 'asc' } })).body;
    expect(list).toMatchObject([
      { iid: 1, status: 'failed', source: 'push' },
      { iid: 2, status: 'pending', ref: 'fix' },
      { iid: 3, status: 'skipped' },
      { iid: 4, status: 'skipped' },
    ]);
    const [{ id }] = list as [{ id: number }];
    const shown = (await server.root.get(`/projects/${project.id}/pipelines/${id}`)).body as { yaml_errors: string };
    expect(shown).toMatchObject({
      yaml_errors: expect.stringMatching(/./),
      detailed_status: { text: 'failed' },
      finished_at: expect.any(String),
    });
    expect((await server.root.get(`/projects/${project.id}/pipelines/${id}/jobs`)).body).toEqual([]);
  });

  it('refuses variables that go in a circle, also through settings', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const project = await server.build.project();
    await commit(server, project, { '.gitlab-ci.yml': 'job:\n  script: x\n  variables: {A: $B}\n' });
    const of = { scope: 'project', subjectId: project.id } as const;
    const variable = {
      key: 'B',
      value: '<$A>',
      variableType: 'env_var',
      protected: false,
      masked: false,
      hidden: false,
      raw: false,
      environmentScope: '*',
      description: null,
    } as const;
    await app.write((tx) => insertVariable(tx, app.secrets, of, variable, app.clock.now()));
    const { status, body } = await server.root.post(`/projects/${project.id}/pipeline`, { json: { ref: 'main' } });
    expect([status, body]).toEqual([400, { message: { base: ['job: circular variable reference detected: ["A", "B"]'] } }]);
    expect(await app.db.selectFrom('pipelines').select('id').execute()).toEqual([]);
  });

  it('lets the jobs go at the next start when the process ended before', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const project = await server.build.project();
    const { after } = await commit(server, project, { '.gitlab-ci.yml': valid });
    const draft = {
      projectId: project.id,
      ref: 'main',
      tag: false,
      protected: false,
      sha: after,
      beforeSha: '0'.repeat(40),
      source: 'push',
      status: 'created',
      userId: 1,
      yamlErrors: null,
      name: null,
    } as const;
    const cut = await app.write(async (tx) => {
      const pipeline = await insertPipeline(tx, draft, 1);
      await insertJobs(tx, pipeline, [{ compiled: compiledJob('a'), tagSetId: await tagSetId(tx, []), userId: 1, attempt: 0 }], 1);
      return pipeline;
    });
    // Another one, whose commit the repository does not have, must not hold it up.
    await app.write((tx) => insertPipeline(tx, { ...draft, sha: 'b'.repeat(40) }, 1));
    expect(await app.db.selectFrom('pending_jobs').selectAll().execute()).toEqual([]);
    expect(await resumeCreated(app)).toBe(1);
    expect(await app.db.selectFrom('pipelines').select('status').where('id', '=', cut.id).executeTakeFirst()).toEqual({
      status: 'pending',
    });
    expect(await app.db.selectFrom('pending_jobs').select('project_id').execute()).toEqual([{ project_id: project.id }]);
  });

  it('makes a pipeline of a thousand jobs in a moment', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const project = await server.build.project();
    const yaml = Array.from(
      { length: 1000 },
      (_, index) => `job ${index}:\n  script: [one, two]\n  tags: [t${index % 7}]\n  needs: ${index === 0 ? '[]' : `[job ${index - 1}]`}\n`,
    );
    await commit(server, project, { '.gitlab-ci.yml': yaml.join('') });
    const ref = await app.resolveRef(project.id, 'main');
    const began = performance.now();
    const { pipeline } = await createPipeline(app, {
      project,
      ref: ref!,
      beforeSha: '0'.repeat(40),
      source: 'api',
      user: null,
      variables: [],
    });
    const took = performance.now() - began;
    expect(pipeline).toMatchObject({ status: 'pending' });
    const rows = await app.db.selectFrom('jobs').select(['name', 'status']).orderBy('id').execute();
    expect(rows).toHaveLength(1000);
    expect(rows.slice(0, 2)).toEqual([
      { name: 'job 0', status: 'pending' },
      { name: 'job 1', status: 'created' },
    ]);
    expect(took).toBeLessThan(10_000);
  });
});
