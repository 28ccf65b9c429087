import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';

describe.each(engines)('side by side on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

  it('making things in a group that is being removed leaves nothing behind', async () => {
    for (const round of numbers(5)) {
      const top = await server.build.group();
      const group = await server.build.group({ parent: top });
      const project = await server.build.project({ group });
      const { user } = await server.build.person();
      const make = [
        ...numbers(3).map((n) => server.root.post('/projects', { json: { path: `p${n}`, namespace_id: group.id } })),
        ...numbers(3).map((n) => server.root.post('/groups', { json: { name: `g${n}`, path: `g${n}`, parent_id: group.id } })),
        server.root.post(`/groups/${group.id}/variables`, { json: { key: 'A', value: 'x' } }),
        server.root.post(`/projects/${project.id}/variables`, { json: { key: 'A', value: 'x' } }),
        server.root.post(`/projects/${project.id}/protected_branches`, { json: { name: 'x' } }),
        server.root.post(`/groups/${group.id}/members`, { json: { user_id: user.id, access_level: 30 } }),
      ];
      const remove = server.root.delete(`/groups/${round % 2 === 0 ? top.id : group.id}`);
      const replies = await Promise.all([...make, remove]);
      for (const { status } of replies) expect([201, 202, 400, 404]).toContain(status);
      expect(replies.at(-1)?.status).toBe(202);
      expect(await orphans()).toEqual({ projects: [], groups: [], variables: [], tokens: [], rules: [], members: [] });
    }
  });

  async function orphans(): Promise<Record<string, unknown[]>> {
    const { db } = server.baton.app;
    const groups = db.selectFrom('namespaces').select('id');
    const projects = db.selectFrom('projects').select('id');
    return {
      projects: await db.selectFrom('projects').select('full_path').where('namespace_id', 'not in', groups).execute(),
      groups: await db.selectFrom('namespaces').select('full_path').where('parent_id', 'not in', groups).execute(),
      variables: [
        ...(await db.selectFrom('variables').select('key').where('scope', '=', 'group').where('subject_id', 'not in', groups).execute()),
        ...(await db
          .selectFrom('variables')
          .select('key')
          .where('scope', '=', 'project')
          .where('subject_id', 'not in', projects)
          .execute()),
      ],
      tokens: [
        ...(await db
          .selectFrom('registration_tokens')
          .select('scope')
          .where('scope', '=', 'group')
          .where('subject_id', 'not in', groups)
          .execute()),
        ...(await db
          .selectFrom('registration_tokens')
          .select('scope')
          .where('scope', '=', 'project')
          .where('subject_id', 'not in', projects)
          .execute()),
      ],
      rules: await db.selectFrom('protected_refs').select('name').where('project_id', 'not in', projects).execute(),
      members: await db
        .selectFrom('members')
        .select('user_id')
        .where('source', '=', 'group')
        .where('source_id', 'not in', groups)
        .execute(),
    };
  }

  it('making things in a group that is being renamed puts them under its new path', async () => {
    for (const round of numbers(5)) {
      const top = await server.build.group();
      const group = await server.build.group({ parent: top });
      const replies = await Promise.all([
        ...numbers(3).map((n) => server.root.post('/projects', { json: { path: `p${n}`, namespace_id: group.id } })),
        server.root.put(`/groups/${top.id}`, { json: { path: `renamed-${round}` } }),
        ...numbers(3).map((n) => server.root.post('/groups', { json: { name: `g${n}`, path: `g${n}`, parent_id: group.id } })),
        server.root.put(`/groups/${group.id}`, { json: { path: 'inner' } }),
      ]);
      expect(replies.map((reply) => reply.status)).toEqual([201, 201, 201, 200, 201, 201, 201, 200]);
      const { db } = server.baton.app;
      const projects = await db
        .selectFrom('projects')
        .select(['full_path', 'path_key'])
        .where('namespace_id', '=', group.id)
        .orderBy('path')
        .execute();
      const groups = await db
        .selectFrom('namespaces')
        .select(['full_path', 'path_key'])
        .where('parent_id', '=', group.id)
        .orderBy('path')
        .execute();
      const paths = ['p0', 'p1', 'p2'].map((path) => `renamed-${round}/inner/${path}`);
      expect(projects).toEqual(paths.map((path) => ({ full_path: path, path_key: path })));
      expect(groups.map((row) => row.full_path)).toEqual(['g0', 'g1', 'g2'].map((path) => `renamed-${round}/inner/${path}`));
    }
  });

  it('a group and a project do not get the same path', async () => {
    const parent = await server.build.group();
    for (const n of numbers(5)) {
      const replies = await Promise.all([
        server.root.post('/projects', { json: { path: `same-${n}`, namespace_id: parent.id } }),
        server.root.post('/groups', { json: { name: `other-${n}`, path: `Same-${n}`, parent_id: parent.id } }),
      ]);
      expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 400]);
    }
  });

  it('owners who leave at once leave one behind', async () => {
    for (const _ of numbers(5)) {
      const group = await server.build.group();
      const owners = [await server.build.member({ group }, 'owner'), await server.build.member({ group }, 'owner')];
      const replies = await Promise.all(owners.map(({ api, user }) => api.delete(`/groups/${group.id}/members/${user.id}`)));
      expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([204, 403]);
    }
  });

  it('administrators who demote each other leave one behind', async () => {
    const second = await server.build.person({ admin: true });
    const replies = await Promise.all([
      server.root.put(`/users/${second.user.id}`, { json: { admin: false } }),
      second.api.put('/users/1', { json: { admin: false } }),
    ]);
    const admins = await server.baton.app.db.selectFrom('users').select('id').where('admin', '=', 1).execute();
    expect(admins).toHaveLength(1);
    expect(replies.map((reply) => reply.status).filter((status) => status === 200)).toHaveLength(1);
    const winner = admins[0]?.id === 1 ? server.root : second.api;
    await winner.put('/users/1', { json: { admin: true } });
  });
});
