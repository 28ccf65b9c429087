import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import type { Person } from '../../../test/harness/factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

const day = 24 * 3_600_000;

describe.each(engines)('members on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  const inDays = (days: number) => new Date(server.clock.now() + days * day).toISOString().slice(0, 10);

  /** A place of a kind, someone who may manage its members, and its path. */
  async function place(
    kind: string,
  ): Promise<{ path: string; manager: Person; add(level: 'guest' | 'developer' | 'owner'): Promise<Person> }> {
    const group = await server.build.group();
    const project = await server.build.project({ group });
    const of = kind === 'groups' ? { group } : { project };
    const manager = await server.build.member(of, kind === 'groups' ? 'owner' : 'maintainer');
    const path = `/${kind}/${kind === 'groups' ? group.id : project.id}/members`;
    return { path, manager, add: (level) => server.build.member(of, level) };
  }

  describe.each(['groups', 'projects'])('of %s', (kind) => {
    it('are added, shown, changed and removed', async () => {
      const { path, manager } = await place(kind);
      const { user, api } = await server.build.person();
      const made = await manager.api.post(path, { json: { user_id: user.id, access_level: 30, expires_at: inDays(10) } });
      expect(made).toMatchObject({ status: 201 });
      expect(made.body).toEqual({
        id: user.id,
        username: user.username,
        name: user.name,
        state: 'active',
        locked: false,
        avatar_url: null,
        web_url: `${server.url}/${user.username}`,
        access_level: 30,
        created_at: new Date(server.clock.now()).toISOString(),
        created_by: expect.objectContaining({ id: manager.user.id }),
        expires_at: inDays(10),
        membership_state: 'active',
      });
      expect((await api.get(`${path}/${user.id}`)).body).toEqual(made.body);
      expect((await api.get(`${path}/all/${user.id}`)).body).toEqual(made.body);
      const changed = await manager.api.put(`${path}/${user.id}`, { form: { access_level: '20', expires_at: '' } });
      expect(changed).toMatchObject({ status: 200, body: { access_level: 20, expires_at: null } });
      expect((await manager.api.put(`${path}/${user.id}`, { json: { access_level: 30 } })).body).toMatchObject({ access_level: 30 });
      expect(await manager.api.delete(`${path}/${user.id}`)).toMatchObject({ status: 204, body: null });
      expect((await manager.api.get(`${path}/${user.id}`)).status).toBe(404);
      expect((await api.get(path)).status).toBe(404);
    });

    it('are found by name as well', async () => {
      const { path, manager } = await place(kind);
      const { user } = await server.build.person();
      const made = await manager.api.post(path, { json: { username: user.username.toUpperCase(), access_level: 10 } });
      expect(made).toMatchObject({ status: 201, body: { id: user.id } });
    });

    it.each([
      [{}, 400, { error: 'access_level is missing, access_level does not have a valid value' }],
      [{ access_level: 30 }, 400, { error: 'user_id, username are missing, at least one parameter must be provided' }],
      [{ user_id: 1, username: 'root', access_level: 30 }, 400, { error: 'user_id, username are mutually exclusive' }],
      [{ user_id: 1, access_level: 35 }, 400, { error: 'access_level does not have a valid value' }],
      [{ user_id: 1, access_level: 'all' }, 400, { error: 'access_level is invalid' }],
      [{ user_id: 1, access_level: 30, expires_at: 'x' }, 400, { error: 'expires_at is invalid' }],
      [{ user_id: 1, access_level: 30, expires_at: '2001-01-01' }, 400, { message: { expires_at: ['cannot be a date in the past'] } }],
      [{ user_id: 999_999, access_level: 30 }, 404, { message: '404 User Not Found' }],
      [{ username: 'nobody-of-this-name', access_level: 30 }, 404, { message: '404 User Not Found' }],
    ])('are not added by %j', async (json, status, body) => {
      const { path, manager } = await place(kind);
      expect(await manager.api.post(path, { json })).toMatchObject({ status, body });
    });

    it('are added once', async () => {
      const { path, manager, add } = await place(kind);
      const { user } = await add('guest');
      expect(await manager.api.post(path, { json: { user_id: user.id, access_level: 30 } })).toMatchObject({
        status: 409,
        body: { message: 'Member already exists' },
      });
      const fresh = await server.build.person();
      const json = { user_id: fresh.user.id, access_level: 30 };
      const replies = await Promise.all([1, 2, 3].map(() => manager.api.post(path, { json })));
      expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    });

    it('whose time is over are none, and may come again', async () => {
      const { path, manager } = await place(kind);
      const { user, api } = await server.build.person();
      await manager.api.post(path, { json: { user_id: user.id, access_level: 30, expires_at: inDays(1) } });
      expect((await api.get(path)).status).toBe(200);
      server.clock.advance(day);
      expect((await api.get(path)).status).toBe(404);
      expect((await manager.api.get(`${path}/${user.id}`)).status).toBe(404);
      expect((await manager.api.put(`${path}/${user.id}`, { json: { access_level: 20 } })).status).toBe(404);
      expect((await manager.api.post(path, { json: { user_id: user.id, access_level: 20 } })).status).toBe(201);
    });

    it('are managed by those who may', async () => {
      const { path, add } = await place(kind);
      const { user } = await server.build.person();
      const json = { user_id: user.id, access_level: 10 };
      const developer = await add('developer');
      expect((await developer.api.get(path)).status).toBe(200);
      expect(await developer.api.post(path, { json })).toMatchObject({ status: 403, body: { message: '403 Forbidden' } });
      expect((await developer.api.put(`${path}/${developer.user.id}`, { json: { access_level: 40 } })).status).toBe(403);
      const guest = await add('guest');
      expect((await developer.api.delete(`${path}/${guest.user.id}`)).status).toBe(403);
      const stranger = await server.build.person();
      for (const method of ['get', 'post'] as const) {
        expect((await stranger.api[method](path, method === 'get' ? {} : { json })).status).toBe(404);
        expect((await server.api[method](path, method === 'get' ? {} : { json })).status).toBe(401);
      }
      expect((await developer.api.delete(`${path}/${stranger.user.id}`)).status).toBe(403);
      expect((await guest.api.delete(`${path}/${guest.user.id}`)).status).toBe(204);
    });

    it('that are none cannot be changed or removed', async () => {
      const { path, manager } = await place(kind);
      const missing = { status: 404, body: { message: '404 Member Not Found' } };
      for (const id of ['1', '999999', '99999999999999999999']) {
        expect(await manager.api.get(`${path}/${id}`)).toMatchObject(missing);
        expect(await manager.api.put(`${path}/${id}`, { json: { access_level: 20 } })).toMatchObject(missing);
        expect(await manager.api.delete(`${path}/${id}`)).toMatchObject(missing);
      }
      expect(await manager.api.get(`${path}/x`)).toMatchObject({ status: 400, body: { error: 'user_id is invalid' } });
    });
  });
});
