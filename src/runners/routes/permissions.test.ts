import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client, Reply } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import { createPipelinesFactory } from '../../../test/harness/pipelines-factory.ts';
import { createRunnersFactory, type RunnersFactory, type RunnerSpec } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import { newToken, tokenDigest } from '../../lib/ids.ts';
import type { Group } from '../../namespaces/namespace.ts';
import type { Project } from '../../namespaces/project.ts';

const callers = [
  'anonymous',
  'outsider',
  'guest',
  'reporter',
  'developer',
  // Maintainers and owners of the one project, and of the group above it.
  'project maintainer',
  'project owner',
  'group maintainer',
  'group owner',
  'parent owner',
  'admin',
] as const;
type Caller = (typeof callers)[number];

type Kind = 'instance' | 'project' | 'two projects' | 'group';

/** Statuses in the order of `callers` (runners API A.6, B.4, B.6, B.7, with R10). */
const rows: [call: string, kind: Kind, statuses: string][] = [
  ['GET /runners/:id', 'instance', '401 200 200 200 200 200 200 200 200 200 200'],
  ['GET /runners/:id', 'project', '401 403 403 403 403 200 200 200 200 200 200'],
  ['GET /runners/:id', 'two projects', '401 403 403 403 403 200 200 200 200 200 200'],
  // Maintainers of a project below the group may read, those of the group likewise; only owners do more.
  ['GET /runners/:id', 'group', '401 403 403 403 403 200 200 200 200 200 200'],
  ['GET /runners/:id/managers', 'instance', '401 200 200 200 200 200 200 200 200 200 200'],
  ['GET /runners/:id/managers', 'project', '401 403 403 403 403 200 200 200 200 200 200'],
  ['GET /runners/:id/managers', 'group', '401 403 403 403 403 200 200 200 200 200 200'],
  ['GET /runners/:id/projects', 'project', '401 403 403 403 403 200 200 200 200 200 200'],
  ['PUT /runners/:id', 'instance', '401 403 403 403 403 403 403 403 403 403 200'],
  ['PUT /runners/:id', 'project', '401 403 403 403 403 200 200 200 200 200 200'],
  ['PUT /runners/:id', 'two projects', '401 403 403 403 403 200 200 200 200 200 200'],
  ['PUT /runners/:id', 'group', '401 403 403 403 403 403 403 403 200 200 200'],
  ['POST /runners/:id/reset_authentication_token', 'instance', '401 403 403 403 403 403 403 403 403 403 201'],
  ['POST /runners/:id/reset_authentication_token', 'project', '401 403 403 403 403 201 201 201 201 201 201'],
  ['POST /runners/:id/reset_authentication_token', 'group', '401 403 403 403 403 403 403 403 201 201 201'],
  ['DELETE /runners/:id', 'instance', '401 403 403 403 403 403 403 403 403 403 204'],
  ['DELETE /runners/:id', 'project', '401 403 403 403 403 204 204 204 204 204 204'],
  ['DELETE /runners/:id', 'two projects', '401 403 403 403 403 403 403 403 403 403 204'],
  ['DELETE /runners/:id', 'group', '401 403 403 403 403 403 403 403 204 204 204'],
  ['GET /runners/:id/jobs', 'instance', '401 403 403 403 403 403 403 403 403 403 200'],
  ['GET /runners/:id/jobs', 'project', '401 403 403 403 403 200 200 200 200 200 200'],
  ['GET /runners/:id/jobs', 'group', '401 403 403 403 403 403 403 403 200 200 200'],
  ['GET /runners', 'instance', '401 200 200 200 200 200 200 200 200 200 200'],
  ['GET /runners/all', 'instance', '401 403 403 403 403 403 403 403 403 403 200'],
  ['GET /projects/:project/runners', 'instance', '401 404 403 403 403 200 200 200 200 200 200'],
  // Members of a project alone see its group, but not its runners.
  ['GET /groups/:group/runners', 'instance', '401 404 403 403 403 403 403 200 200 200 200'],
  ['DELETE /projects/:project/runners/:id', 'two projects', '401 404 403 403 403 204 204 204 204 204 204'],
  ['POST /projects/:project/runners/reset_registration_token', 'instance', '401 404 403 403 403 201 201 201 201 201 201'],
  ['POST /groups/:group/runners/reset_registration_token', 'instance', '401 404 403 403 403 403 403 403 201 201 201'],
  ['POST /runners/reset_registration_token', 'instance', '401 403 403 403 403 403 403 403 403 403 201'],
];

describe.each(engines)('who may do what with runners, on %s', (engine) => {
  let server: TestServer;
  let runners: RunnersFactory;
  let group: Group;
  let project: Project;
  let other: Project;
  const clients = {} as Record<Caller, Client>;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    runners = createRunnersFactory(server.baton.app);
    const { build } = server;
    const parent = await build.group();
    group = await build.group({ parent });
    project = await build.project({ group });
    other = await build.project({ group });
    clients.anonymous = server.api;
    clients.outsider = (await build.person()).api;
    for (const role of ['guest', 'reporter', 'developer'] as const) clients[role] = (await build.member({ group }, role)).api;
    clients['project maintainer'] = (await build.member({ project }, 'maintainer')).api;
    clients['project owner'] = (await build.member({ project }, 'owner')).api;
    clients['group maintainer'] = (await build.member({ group }, 'maintainer')).api;
    clients['group owner'] = (await build.member({ group }, 'owner')).api;
    clients['parent owner'] = (await build.member({ group: parent }, 'owner')).api;
    clients.admin = (await build.person({ admin: true })).api;
  });
  afterAll(() => server.stop());

  function specOf(kind: Kind): RunnerSpec {
    if (kind === 'instance') return {};
    if (kind === 'group') return { group };
    return { projects: kind === 'project' ? [project] : [other, project] };
  }

  async function call(text: string, kind: Kind, caller: Caller): Promise<Reply> {
    const [method = '', pattern = ''] = text.split(' ');
    const { id } = await runners.runner(specOf(kind));
    const path = pattern.replace(':id', String(id)).replace(':project', String(project.id)).replace(':group', String(group.id));
    const reply = await clients[caller].call(method, path, method === 'PUT' ? { json: { description: 'changed' } } : {});
    await server.root.delete(`/runners/${id}`);
    return reply;
  }

  it.each(rows)('%s of a runner of kind "%s": %s', async (text, kind, statuses) => {
    const found: string[] = [];
    for (const caller of callers) {
      const { status, body } = await call(text, kind, caller);
      found.push(String(status));
      if (status === 401) expect(body).toEqual({ message: '401 Unauthorized' });
      if (status === 403) expect(body.message).toMatch(/^403 Forbidden( - [A-Z][ \w]+)?$/);
      if (status === 404) expect(body.message).toMatch(/^404 (Project|Group) Not Found$/);
    }
    expect(found.join(' ')).toBe(statuses);
  });

  it('tells the reason of a refusal', async () => {
    const reasonOf = async (text: string, kind: Kind, caller: Caller) => (await call(text, kind, caller)).body.message as string;
    expect(await reasonOf('GET /runners/:id', 'project', 'outsider')).toBe('403 Forbidden - No access granted');
    expect(await reasonOf('PUT /runners/:id', 'instance', 'group owner')).toBe('403 Forbidden - No access granted');
    expect(await reasonOf('DELETE /runners/:id', 'group', 'group maintainer')).toBe('403 Forbidden - No access granted');
    // Several projects are told before the role is looked at.
    for (const caller of ['outsider', 'developer', 'project maintainer'] as const)
      expect(await reasonOf('DELETE /runners/:id', 'two projects', caller)).toBe(
        '403 Forbidden - Runner associated with more than one project',
      );
    expect(await reasonOf('GET /runners/all', 'instance', 'group owner')).toBe('403 Forbidden');
    expect(await reasonOf('GET /projects/:project/runners', 'instance', 'developer')).toBe('403 Forbidden');
  });

  it('shows a group runner to maintainers of projects below only while their project takes its jobs', async () => {
    const { id } = await runners.runner({ group });
    await server.root.put(`/projects/${project.id}`, { json: { group_runners_enabled: false } });
    expect((await clients['project maintainer'].get(`/runners/${id}`)).status).toBe(403);
    await server.root.put(`/projects/${project.id}`, { json: { group_runners_enabled: true } });
    expect((await clients['project maintainer'].get(`/runners/${id}`)).status).toBe(200);
  });

  it('lets nobody touch a runner with its own token, a registration token or the token of a job', async () => {
    const { id, token } = await runners.runner({ projects: [project] });
    const made = await createPipelinesFactory(server.baton.app).pipeline(project, { work: {} });
    const jobToken = newToken('glcbt-');
    await made.run('work', { runnerId: id, tokenDigest: tokenDigest(jobToken) });
    expect((await server.api.get('/job', { headers: { 'JOB-TOKEN': jobToken } })).status).toBe(200);
    const headers: Record<string, string>[] = [
      { 'PRIVATE-TOKEN': token },
      { 'PRIVATE-TOKEN': server.registrationToken },
      { 'PRIVATE-TOKEN': jobToken },
      { 'RUNNER-TOKEN': token },
      { 'JOB-TOKEN': jobToken },
    ];
    for (const given of headers)
      expect(await server.api.get(`/runners/${id}`, { headers: given })).toMatchObject({
        status: 401,
        body: { message: '401 Unauthorized' },
      });
    expect((await server.api.get(`/runners/${id}?job_token=${jobToken}`)).status).toBe(401);
  });

  it('answers 404 for an unknown runner to everybody who is signed in', async () => {
    for (const caller of ['outsider', 'project maintainer', 'admin'] as const)
      for (const id of ['424242', '99999999999999999999', '-1', '0'])
        for (const path of [`/runners/${id}`, `/runners/${id}/managers`, `/runners/${id}/projects`, `/runners/${id}/jobs`])
          expect(await clients[caller].get(path), path).toMatchObject({ status: 404, body: { message: '404 Runner Not Found' } });
    expect((await server.api.get('/runners/424242')).status).toBe(401);
  });
});
