import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import type { Person } from '../../../test/harness/factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('lists of users on %s', (engine) => {
  let server: TestServer;
  let ann: Person;
  let bob: Person;
  let cleo: Person;
  beforeAll(async () => {
    server = await startTestServer({ engine });
    ann = await server.build.person({ username: 'ann' });
    bob = await server.build.person({ username: 'bob_x' });
    cleo = await server.build.person({ username: 'cleo', admin: true });
    await server.root.put(`/users/${bob.user.id}`, { json: { external: true, name: 'Bob %' } });
    await server.root.post(`/users/${bob.user.id}/block`);
  });
  afterAll(() => server.stop());

  async function names(api: Client, query: Record<string, string>): Promise<string[]> {
    const { body } = await api.get('/users', { query });
    return body.map((user: { username: string }) => user.username);
  }

  it.each([
    [{}, ['cleo', 'bob_x', 'ann', 'root']],
    [{ username: 'ANN' }, ['ann']],
    [{ username: 'an' }, []],
    [{ search: 'LE' }, ['cleo']],
    [{ search: 'b_x' }, ['bob_x']],
    [{ search: '%' }, ['bob_x']],
    [{ search: 'nn@example.com' }, []],
    [{ active: 'true' }, ['cleo', 'ann', 'root']],
    [{ blocked: 'true' }, ['bob_x']],
    [{ external: 'true' }, ['bob_x']],
    [{ exclude_external: 'true' }, ['cleo', 'ann', 'root']],
    [{ order_by: 'username', sort: 'asc' }, ['ann', 'bob_x', 'cleo', 'root']],
    [{ created_after: '2999-01-01' }, []],
    [{ created_before: '2999-01-01T00:00:00Z', per_page: '1' }, ['cleo']],
  ])('%j', async (query, expected) => {
    expect(await names(ann.api, query)).toEqual(expected);
  });

  it('know whole addresses and administrators for administrators only', async () => {
    expect(await names(server.root, { search: 'ann@example.com' })).toEqual(['ann']);
    expect(await names(ann.api, { search: 'ann@example.com' })).toEqual([]);
    expect(await names(server.root, { admins: 'true' })).toEqual(['cleo', 'root']);
    expect(await names(ann.api, { admins: 'true' })).toHaveLength(4);
  });

  it('show little to most and all to administrators', async () => {
    const [shown] = (await ann.api.get('/users', { query: { username: 'cleo' } })).body;
    expect(shown).toEqual({
      id: cleo.user.id,
      username: 'cleo',
      name: 'Name of cleo',
      state: 'active',
      locked: false,
      avatar_url: null,
      web_url: `${server.url}/cleo`,
    });
    expect((await server.root.get('/users', { query: { username: 'cleo' } })).body[0]).toMatchObject({
      email: 'cleo@example.com',
      is_admin: true,
    });
    const profile = (await ann.api.get(`/users/${cleo.user.id}`)).body;
    expect(profile).toMatchObject({ username: 'cleo', bio: '', created_at: expect.any(String) });
    expect(profile).not.toHaveProperty('email');
    expect((await server.root.get(`/users/${cleo.user.id}`)).body).toMatchObject({ email: 'cleo@example.com' });
  });

  it('come in pages', async () => {
    const reply = await ann.api.get('/users', { query: { per_page: 3, page: 2 } });
    expect(reply.body).toHaveLength(1);
    expect(Object.fromEntries(reply.headers)).toMatchObject({ 'x-total': '4', 'x-total-pages': '2', 'x-page': '2', 'x-next-page': '' });
  });

  it.each([
    [{ created_after: 'yesterday' }, 'created_after is invalid'],
    [{ order_by: 'email' }, 'order_by does not have a valid value'],
    [{ per_page: '0' }, 'per_page has a value not allowed'],
  ])('refuse %j', async (query, error) => {
    expect(await ann.api.get('/users', { query })).toMatchObject({ status: 400, body: { error } });
  });

  it('are for those who are signed in', async () => {
    expect((await server.api.get('/users')).status).toBe(401);
    expect((await server.api.get('/users/1')).status).toBe(401);
  });
});
