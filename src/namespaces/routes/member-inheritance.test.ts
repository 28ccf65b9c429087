import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('members of groups above on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  async function levels(api: Client, path: string, query: [string, string][] = []): Promise<[number, number][]> {
    const { body } = await api.get(path, { query });
    return body.map((member: { id: number; access_level: number }) => [member.id, member.access_level]);
  }

  it('count below, each once with the highest level', async () => {
    const top = await server.build.group();
    const group = await server.build.group({ parent: top });
    const project = await server.build.project({ group });
    const ann = await server.build.member({ group: top }, 'guest');
    const bob = await server.build.member({ group: top }, 'maintainer');
    const cid = await server.build.member({ project }, 'reporter');
    await server.build.member({ group }, 'developer', ann);
    await server.build.member({ project }, 'owner', ann);
    await server.build.member({ project }, 'reporter', bob);
    const [a, b, c] = [ann.user.id, bob.user.id, cid.user.id];
    expect(await levels(ann.api, `/projects/${project.id}/members`)).toEqual([
      [a, 50],
      [b, 20],
      [c, 20],
    ]);
    expect(await levels(ann.api, `/projects/${project.id}/members/all`)).toEqual([
      [a, 50],
      [b, 40],
      [c, 20],
    ]);
    expect(await levels(ann.api, `/groups/${group.id}/members`)).toEqual([[a, 30]]);
    expect(await levels(ann.api, `/groups/${group.id}/members/all`)).toEqual([
      [a, 30],
      [b, 40],
    ]);
    expect((await ann.api.get(`/projects/${project.id}/members/all/${b}`)).body.access_level).toBe(40);
    expect((await ann.api.get(`/groups/${group.id}/members/${b}`)).status).toBe(404);
    expect((await ann.api.get(`/groups/${group.id}/members/all/${c}`)).status).toBe(404);
    const all = `/projects/${project.id}/members/all`;
    expect(await levels(ann.api, all, [['query', bob.user.username.toUpperCase()]])).toEqual([[b, 40]]);
    expect(
      await levels(ann.api, all, [
        ['user_ids[]', String(a)],
        ['user_ids[]', String(c)],
        ['user_ids[]', '9'.repeat(20)],
      ]),
    ).toEqual([
      [a, 50],
      [c, 20],
    ]);
    const page = await ann.api.get(all, { query: { per_page: 2, page: 2 } });
    expect(page.body.map((member: { id: number }) => member.id)).toEqual([c]);
    expect(page.headers.get('x-total')).toBe('3');
  });

  it('keep their level at least', async () => {
    const top = await server.build.group();
    const group = await server.build.group({ parent: top });
    const project = await server.build.project({ group });
    const { user } = await server.build.member({ group: top }, 'developer');
    const message = { access_level: [`should be greater than or equal to Developer inherited membership from group ${top.name}`] };
    for (const path of [`/groups/${group.id}/members`, `/projects/${project.id}/members`]) {
      expect(await server.root.post(path, { json: { user_id: user.id, access_level: 20 } })).toMatchObject({
        status: 400,
        body: { message },
      });
      expect((await server.root.post(path, { json: { user_id: user.id, access_level: 40 } })).status).toBe(201);
      expect(await server.root.put(`${path}/${user.id}`, { json: { access_level: 10 } })).toMatchObject({ status: 400, body: { message } });
      await server.root.delete(`${path}/${user.id}`);
    }
  });

  it('own what is below', async () => {
    const top = await server.build.group();
    const project = await server.build.project({ group: await server.build.group({ parent: top }) });
    const owner = await server.build.member({ group: top }, 'owner');
    const { user } = await server.build.person();
    expect((await owner.api.post(`/projects/${project.id}/members`, { json: { user_id: user.id, access_level: 50 } })).status).toBe(201);
  });

  it('of projects who maintain neither make nor touch owners', async () => {
    const project = await server.build.project({ group: await server.build.group() });
    const path = `/projects/${project.id}/members`;
    const maintainer = await server.build.member({ project }, 'maintainer');
    const owner = await server.build.member({ project }, 'owner');
    const { user } = await server.build.person();
    expect((await maintainer.api.post(path, { json: { user_id: user.id, access_level: 50 } })).status).toBe(403);
    expect((await maintainer.api.put(`${path}/${owner.user.id}`, { json: { access_level: 30 } })).status).toBe(403);
    expect((await maintainer.api.delete(`${path}/${owner.user.id}`)).status).toBe(403);
    expect((await maintainer.api.put(`${path}/${maintainer.user.id}`, { json: { access_level: 50 } })).status).toBe(403);
    expect((await owner.api.post(path, { json: { user_id: user.id, access_level: 50 } })).status).toBe(201);
    expect((await maintainer.api.delete(`${path}/${maintainer.user.id}`)).status).toBe(204);
  });

  it('leave no group without an owner', async () => {
    const group = await server.build.group();
    const owner = await server.build.member({ group }, 'owner');
    const path = `/groups/${group.id}/members`;
    const refusal = { status: 403, body: { message: '403 Forbidden - The last owner of a group must stay one' } };
    expect(await owner.api.delete(`${path}/${owner.user.id}`)).toMatchObject(refusal);
    expect(await server.root.put(`${path}/${owner.user.id}`, { json: { access_level: 40 } })).toMatchObject(refusal);
    const second = await server.build.member({ group }, 'owner');
    expect((await owner.api.delete(`${path}/${owner.user.id}`)).status).toBe(204);
    expect(await second.api.delete(`${path}/${second.user.id}`)).toMatchObject(refusal);
    const below = await server.build.group({ parent: group });
    const inner = await server.build.member({ group: below }, 'owner');
    expect((await inner.api.delete(`/groups/${below.id}/members/${inner.user.id}`)).status).toBe(204);
  });
});
