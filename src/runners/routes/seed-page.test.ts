import { Errors } from 'typebox/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../../test/harness/factory.ts';
import { engines } from '../../../test/harness/databases.ts';
import { createPipelinesFactory } from '../../../test/harness/pipelines-factory.ts';
import { createRunnersFactory, type MadeRunner, type RunnersFactory } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import type { Project } from '../../namespaces/project.ts';
import { findRegistrationToken } from '../../namespaces/registration-token-store.ts';
import { RunnerDetails, RunnerEntry, RunnerToken } from '../api.ts';

/*
 * Every request of the page that describes the Runners API, in the encoding of its examples, with answers of the shape that the page
 * shows (runners API A.4, A.7, A.8, A.10 to A.12).
 */

/** Keys of a list entry, and the types that the page shows for them. */
const entry = {
  id: expect.any(Number),
  active: expect.any(Boolean),
  description: expect.any(String),
  ip_address: expect.any(String),
  is_shared: expect.any(Boolean),
  name: null,
  online: expect.any(Boolean),
  status: expect.stringMatching(/^(online|offline|paused)$/),
};

describe.each(engines)('the requests of the page on %s', (engine) => {
  let server: TestServer;
  let runners: RunnersFactory;
  let project: Project;
  let second: Project;
  let maintainer: Person;
  let instance: MadeRunner;
  let group: MadeRunner;
  let online: MadeRunner;
  let paused: MadeRunner;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    runners = createRunnersFactory(server.baton.app);
    const top = await server.build.group();
    [project, second] = [await server.build.project({ group: top }), await server.build.project({ group: top })];
    maintainer = await server.build.member({ project }, 'maintainer');
    await server.build.member({ project: second }, 'maintainer', maintainer);
    const contactedAt = server.clock.now();
    const old = contactedAt - 3 * 60 * 60_000;
    instance = await runners.runner({ description: 'shared-runner-1', contactedAt: old });
    group = await runners.runner({ description: 'group-runner', group: top, contactedAt });
    online = await runners.runner({ description: 'test-1-20150125', projects: [project], contactedAt, tags: ['ruby', 'mysql'] });
    paused = await runners.runner({ description: 'test-2-20150125', projects: [project], contactedAt, paused: true });
  });
  afterAll(() => server.stop());

  /** Ids of a list, whose entries have the documented shape. */
  async function list(person: { api: TestServer['root'] }, path: string): Promise<number[]> {
    const { status, body } = await person.api.get(path);
    expect(status).toBe(200);
    const rows = body as { id: number }[];
    for (const row of rows) {
      expect(row).toMatchObject(entry);
      expect(Errors(RunnerEntry, row)).toEqual([true, []]);
      expect(row).not.toHaveProperty('token');
    }
    return rows.map((row) => row.id);
  }

  it('GET /runners, plain and with scope, type and status', async () => {
    const own = [online.id, paused.id];
    expect(await list(maintainer, '/runners')).toEqual(own);
    expect(await list(maintainer, '/runners?scope=active')).toEqual([online.id]);
    expect(await list(maintainer, '/runners?type=project_type')).toEqual(own);
    expect(await list(maintainer, '/runners?type=instance_type')).toEqual([]);
    expect(await list(maintainer, '/runners?status=active')).toEqual([online.id]);
    expect(await list(maintainer, '/runners?status=paused')).toEqual([paused.id]);
    expect(await list(maintainer, '/runners?status=online')).toEqual(own);
    expect(await list(maintainer, '/runners?status=offline')).toEqual([]);
  });

  it('GET /runners/all, plain and with scope, type and status', async () => {
    const admin = { api: server.root };
    expect(await list(admin, '/runners/all')).toEqual([instance.id, group.id, online.id, paused.id]);
    expect(await list(admin, '/runners/all?scope=online')).toEqual([group.id, online.id, paused.id]);
    expect(await list(admin, '/runners/all?scope=specific')).toEqual([group.id, online.id, paused.id]);
    expect(await list(admin, '/runners/all?scope=shared')).toEqual([instance.id]);
    expect(await list(admin, '/runners/all?type=group_type')).toEqual([group.id]);
    expect(await list(admin, '/runners/all?status=offline')).toEqual([instance.id]);
  });

  it('GET /projects/:id/runners, plain and with scope, type and status', async () => {
    const path = `/projects/${project.id}/runners`;
    expect(await list(maintainer, path)).toEqual([instance.id, group.id, online.id, paused.id]);
    expect(await list(maintainer, `${path}?scope=active`)).toEqual([instance.id, group.id, online.id]);
    expect(await list(maintainer, `${path}?type=instance_type`)).toEqual([instance.id]);
    expect(await list(maintainer, `${path}?status=paused`)).toEqual([paused.id]);
  });

  it('GET /runners/:id', async () => {
    const { status, body } = await maintainer.api.get(`/runners/${online.id}`);
    expect(status).toBe(200);
    expect(Errors(RunnerDetails, body)).toEqual([true, []]);
    expect(body).toEqual({
      id: online.id,
      active: true,
      paused: false,
      architecture: null,
      description: 'test-1-20150125',
      ip_address: '127.0.0.1',
      is_shared: false,
      runner_type: 'project_type',
      contacted_at: new Date(server.clock.now()).toISOString(),
      liveness: 'online',
      created_at: new Date(server.clock.now()).toISOString(),
      name: null,
      online: true,
      status: 'online',
      job_execution_status: 'idle',
      platform: null,
      projects: [
        expect.objectContaining({
          id: project.id,
          name: project.name,
          name_with_namespace: expect.stringMatching(/^\S+ \/ \S+$/),
          path: project.path,
          path_with_namespace: project.fullPath,
        }),
      ],
      groups: [],
      token: online.token,
      revision: null,
      tag_list: ['ruby', 'mysql'],
      version: null,
      access_level: 'not_protected',
      maximum_timeout: null,
      maintenance_note: null,
      run_untagged: true,
      locked: false,
    });
  });

  it('PUT /runners/:id with multipart fields', async () => {
    const { id } = await runners.runner({ description: 'to be changed', projects: [project] });
    const answer = await maintainer.api.put(`/runners/${id}`, {
      multipart: { description: 'test-1-20150125-test', tag_list: 'ruby,mysql,tag1,tag2', maximum_timeout: '3600' },
    });
    expect(answer.status).toBe(200);
    expect(Errors(RunnerDetails, answer.body)).toEqual([true, []]);
    expect(answer.body).toMatchObject({
      id,
      description: 'test-1-20150125-test',
      tag_list: ['ruby', 'mysql', 'tag1', 'tag2'],
      maximum_timeout: 3600,
      access_level: 'not_protected',
    });
    await maintainer.api.delete(`/runners/${id}`);
  });

  it('DELETE /runners/:id', async () => {
    const { id } = await runners.runner({ projects: [project] });
    const answer = await maintainer.api.delete(`/runners/${id}`);
    expect([answer.status, answer.bytes.length, answer.headers.get('content-type')]).toEqual([204, 0, null]);
    expect(await maintainer.api.get(`/runners/${id}`)).toMatchObject({ status: 404, body: { message: '404 Runner Not Found' } });
  });

  it('GET /runners/:id/jobs?status=running', async () => {
    const made = await createPipelinesFactory(server.baton.app).pipeline(project, { works: {}, waits: {} });
    await made.run('works', { runnerId: online.id });
    const { status, body } = await maintainer.api.get(`/runners/${online.id}/jobs?status=running`);
    expect(status).toBe(200);
    expect(body).toMatchObject([
      {
        id: made.jobs['works']?.id,
        status: 'running',
        stage: 'test',
        name: 'works',
        ref: 'main',
        tag: false,
        coverage: null,
        user: { id: 1, username: 'root', state: 'active' },
        pipeline: { id: made.pipeline.id, sha: made.pipeline.sha, ref: 'main', status: 'running' },
        project: { id: project.id, path_with_namespace: project.fullPath },
      },
    ]);
  });

  it('POST /projects/:id/runners and DELETE /projects/:id/runners/:runner_id', async () => {
    const { id } = await runners.runner({ description: 'test-2016-02-01', projects: [project], contactedAt: server.clock.now() });
    const enabled = await maintainer.api.post(`/projects/${second.id}/runners`, { form: { runner_id: String(id) } });
    expect(enabled.status).toBe(201);
    expect(enabled.body).toMatchObject({ ...entry, id, description: 'test-2016-02-01', is_shared: false, online: true, status: 'online' });
    expect(Errors(RunnerEntry, enabled.body)).toEqual([true, []]);
    const disabled = await maintainer.api.delete(`/projects/${second.id}/runners/${id}`);
    expect([disabled.status, disabled.bytes.length]).toEqual([204, 0]);
    await maintainer.api.delete(`/runners/${id}`);
  });

  it('POST /runners, POST /runners/verify and DELETE /runners with form fields', async () => {
    const { app } = server.baton;
    const seen = await server.root.get(`/projects/${project.id}`);
    const token = seen.body.runners_token as string;
    expect(token).toBe(await findRegistrationToken(app.db, app.secrets, { scope: 'project', subjectId: project.id }));
    const made = await server.api.post('/runners', {
      multipart: { token, description: 'test-1-20150125-test', tag_list: 'ruby,mysql,tag1,tag2' },
    });
    expect(made.status).toBe(201);
    expect(Errors(RunnerToken, made.body)).toEqual([true, []]);
    expect(made.body).toEqual({ id: expect.any(Number), token: expect.stringMatching(/^t3_\S{20,}$/), token_expires_at: null });
    const runner = made.body as { id: number; token: string };
    const verified = await server.api.post('/runners/verify', { multipart: { token: runner.token } });
    expect([verified.status, verified.body]).toEqual([200, { id: runner.id, token: runner.token, token_expires_at: null }]);
    const removed = await server.api.delete('/runners', { multipart: { token: runner.token } });
    expect([removed.status, removed.bytes.length]).toEqual([204, 0]);
    expect((await server.api.post('/runners/verify', { form: { token: runner.token } })).status).toBe(403);
  });
});
