import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../../test/harness/factory.ts';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import type { Group } from '../../namespaces/namespace.ts';
import type { Project } from '../../namespaces/project.ts';

describe.each(engines)('POST /user/runners on %s', (engine) => {
  let server: TestServer;
  let group: Group;
  let project: Project;
  let owner: Person;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    group = await server.build.group();
    project = await server.build.project({ group });
    owner = await server.build.member({ group }, 'owner');
  });
  afterAll(() => server.stop());

  const count = async () => Number((await server.root.get('/runners/all')).headers.get('x-total'));

  it('makes a runner of each type, whose token tells which', async () => {
    const kinds = [
      [{ runner_type: 'instance_type' }, /^glrt-t1_\S{20,}$/, { is_shared: true }],
      [{ runner_type: 'group_type', group_id: group.id }, /^glrt-t2_\S{20,}$/, { is_shared: false, groups: [{ id: group.id }] }],
      [{ runner_type: 'project_type', project_id: project.id }, /^glrt-t3_\S{20,}$/, { is_shared: false, projects: [{ id: project.id }] }],
    ] as const;
    for (const [given, token, shown] of kinds) {
      const made = await server.root.post('/user/runners', { json: given });
      expect(made.status).toBe(201);
      expect(made.body).toEqual({ id: expect.any(Number), token: expect.stringMatching(token), token_expires_at: null });
      expect((await server.root.get(`/runners/${made.body.id}`)).body).toMatchObject({
        ...shown,
        runner_type: given.runner_type,
        token: made.body.token,
        created_by: { username: 'root' },
        contacted_at: null,
        ip_address: null,
        status: 'never_contacted',
      });
    }
  });

  it('keeps all that is said of the runner, and has defaults for the rest', async () => {
    const scope = { runner_type: 'project_type', project_id: project.id };
    const said = {
      description: 'created',
      maintenance_note: 'note',
      paused: true,
      locked: true,
      run_untagged: false,
      access_level: 'ref_protected',
      maximum_timeout: 1200,
    };
    const full = await owner.api.post('/user/runners', { json: { ...scope, ...said, tag_list: ['a', 'b'] } });
    expect((await owner.api.get(`/runners/${full.body.id}`)).body).toMatchObject({
      ...said,
      tag_list: ['a', 'b'],
      active: false,
      created_by: { id: owner.user.id },
    });
    const plain = await owner.api.post('/user/runners', { json: scope });
    expect((await owner.api.get(`/runners/${plain.body.id}`)).body).toMatchObject({
      description: null,
      maintenance_note: null,
      paused: false,
      locked: false,
      run_untagged: true,
      access_level: 'not_protected',
      maximum_timeout: null,
      tag_list: [],
    });
  });

  it('takes form, multipart and query parameters', async () => {
    const given = { runner_type: 'group_type', group_id: String(group.id), tag_list: 'x,y', run_untagged: 'off' };
    for (const options of [{ form: given }, { multipart: given }, { query: given }]) {
      const made = await owner.api.post('/user/runners', options);
      expect(made.status).toBe(201);
      expect((await owner.api.get(`/runners/${made.body.id}`)).body).toMatchObject({ tag_list: ['x', 'y'], run_untagged: false });
    }
  });

  it('registers an agent with the token, which is a contact', async () => {
    const made = await owner.api.post('/user/runners', { json: { runner_type: 'project_type', project_id: project.id } });
    const verified = await server.api.post('/runners/verify', { json: { token: made.body.token, system_id: 's_0123456789ab' } });
    expect([verified.status, verified.body]).toEqual([200, { id: made.body.id, token: made.body.token, token_expires_at: null }]);
    expect((await owner.api.get(`/runners/${made.body.id}`)).body).toMatchObject({ online: true });
    // It is no registration token.
    expect((await server.api.post('/runners', { json: { token: made.body.token } })).status).toBe(403);
  });

  it('is for administrators, owners of the group, and maintainers of the project', async () => {
    const by = async (person: Person, given: Record<string, unknown>) => {
      const { status, body } = await person.api.post('/user/runners', { json: given });
      if (status === 403) expect(body).toEqual({ message: '403 Forbidden - Insufficient permissions' });
      return status;
    };
    const instance = { runner_type: 'instance_type' };
    const ofGroup = { runner_type: 'group_type', group_id: group.id };
    const ofProject = { runner_type: 'project_type', project_id: project.id };
    const statuses: Record<string, number[]> = {};
    for (const role of ['guest', 'reporter', 'developer', 'maintainer', 'owner'] as const) {
      const person = await server.build.member({ group }, role);
      statuses[role] = [await by(person, instance), await by(person, ofGroup), await by(person, ofProject)];
    }
    const outsider = await server.build.person();
    statuses['outsider'] = [await by(outsider, instance), await by(outsider, ofGroup), await by(outsider, ofProject)];
    const ofTheProject = await server.build.member({ project }, 'owner');
    statuses['owner of the project'] = [
      await by(ofTheProject, instance),
      await by(ofTheProject, ofGroup),
      await by(ofTheProject, ofProject),
    ];
    expect(statuses).toEqual({
      guest: [403, 403, 403],
      reporter: [403, 403, 403],
      developer: [403, 403, 403],
      maintainer: [403, 403, 201],
      owner: [403, 201, 201],
      outsider: [403, 403, 403],
      'owner of the project': [403, 403, 201],
    });
    expect(await server.api.post('/user/runners', { json: instance })).toMatchObject({
      status: 401,
      body: { message: '401 Unauthorized' },
    });
  });

  it.each([
    [{}, { error: 'runner_type is missing, runner_type does not have a valid value' }],
    [{ runner_type: 'shared' }, { error: 'runner_type does not have a valid value' }],
    [{ runner_type: 'group_type' }, { error: 'group_id is missing' }],
    [{ runner_type: 'project_type' }, { error: 'project_id is missing' }],
    [{ runner_type: 'group_type', project_id: 1 }, { error: 'group_id is missing' }],
    [{ runner_type: 'group_type', group_id: 'top' }, { error: 'group_id is invalid' }],
    [{ runner_type: 'group_type', group_id: 424242 }, { message: '400 Bad request - Missing/invalid scope' }],
    [{ runner_type: 'project_type', project_id: 424242 }, { message: '400 Bad request - Missing/invalid scope' }],
    [{ runner_type: 'project_type', project_id: '99999999999999999999' }, { message: '400 Bad request - Missing/invalid scope' }],
    [{ runner_type: 'instance_type', access_level: 'x' }, { error: 'access_level does not have a valid value' }],
    [
      { runner_type: 'instance_type', run_untagged: false },
      { message: '400 Bad request - Tags list can not be empty when runner is not allowed to pick untagged jobs' },
    ],
    [
      { runner_type: 'instance_type', maximum_timeout: 599 },
      { message: '400 Bad request - Maximum timeout needs to be at least 10 minutes' },
    ],
    [
      { runner_type: 'instance_type', maintenance_note: 'x'.repeat(1025) },
      { message: '400 Bad request - Maintenance note is too long (maximum is 1024 characters)' },
    ],
  ])('refuses %j and makes nothing', async (given, body) => {
    const before = await count();
    const answer = await server.root.post('/user/runners', { json: given });
    expect([answer.status, answer.body]).toEqual([400, body]);
    expect(await count()).toBe(before);
  });

  it('does not take a personal namespace for a group', async () => {
    const namespace = (await server.root.get('/namespaces')).body.find((one: { kind: string }) => one.kind === 'user') as { id: number };
    expect(await server.root.post('/user/runners', { json: { runner_type: 'group_type', group_id: namespace.id } })).toMatchObject({
      status: 400,
      body: { message: '400 Bad request - Missing/invalid scope' },
    });
  });

  it('ignores the place of another type', async () => {
    const made = await server.root.post('/user/runners', {
      json: { runner_type: 'instance_type', group_id: 424242, project_id: project.id },
    });
    expect(made.status).toBe(201);
    expect((await server.root.get(`/runners/${made.body.id}`)).body).toMatchObject({ projects: [], groups: [] });
  });

  it('bounds the runners of a project or group', async () => {
    const place = await server.build.group();
    const of = { runner_type: 'group_type', group_id: place.id };
    await server.root.put('/application/settings', { json: { registered_runners_limit: 1 } });
    expect((await server.root.post('/user/runners', { json: of })).status).toBe(201);
    expect(await server.root.post('/user/runners', { json: of })).toMatchObject({
      status: 400,
      body: {
        message: '400 Bad request - Runner namespaces base Maximum number of ci registered group runners (1) exceeded',
      },
    });
    await server.root.put('/application/settings', { json: { registered_runners_limit: 0 } });
    expect((await server.root.post('/user/runners', { json: of })).status).toBe(201);
  });

  it('goes on while registration tokens are switched off', async () => {
    await server.root.put('/application/settings', { json: { allow_runner_registration_token: false } });
    expect((await server.root.post('/user/runners', { json: { runner_type: 'instance_type' } })).status).toBe(201);
    await server.root.put('/application/settings', { json: { allow_runner_registration_token: true } });
  });
});
