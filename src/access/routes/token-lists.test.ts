import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import type { Person } from '../../../test/harness/factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import { TestClock } from '../../lib/clock.ts';
import { until } from '../../../test/harness/until.ts';

const day = 24 * 3_600_000;

describe.each(engines)('lists of personal access tokens on %s', (engine) => {
  let server: TestServer;
  let owner: Person;
  beforeAll(async () => {
    const clock = new TestClock(Date.UTC(2026, 4, 1, 12));
    server = await startTestServer({ engine, clock });
    owner = await server.build.person();
    async function add(name: string, expires: string | null): Promise<{ id: number; token: string }> {
      const json = { name, scopes: ['read_user'], expires_at: expires };
      return (await server.root.post(`/users/${owner.user.id}/personal_access_tokens`, { json })).body;
    }
    await add('short one', '2026-05-03');
    clock.advance(day);
    const revoked = await add('Revoked one', '2026-06-01');
    await server.root.delete(`/personal_access_tokens/${revoked.id}`);
    clock.advance(day);
    const used = await add('used one', null);
    await server.api.as(used.token).get('/user');
    await until(
      async () => (await server.root.get(`/personal_access_tokens/${used.id}`)).body.last_used_at !== null,
      'the use to be noted',
    );
  });
  afterAll(() => server.stop());

  async function names(api: Client, query: Record<string, string | number>): Promise<string[]> {
    const { body } = await api.get('/personal_access_tokens', { query });
    return body.map((token: { name: string }) => token.name);
  }

  it.each([
    [{}, ['test', 'short one', 'Revoked one', 'used one']],
    [{ revoked: 'true' }, ['Revoked one']],
    [{ revoked: 'false' }, ['test', 'short one', 'used one']],
    [{ state: 'active' }, ['test', 'used one']],
    [{ state: 'inactive' }, ['short one', 'Revoked one']],
    [{ search: 'ONE' }, ['short one', 'Revoked one', 'used one']],
    [{ search: '_' }, []],
    [{ created_after: '2026-05-02T00:00:00Z' }, ['Revoked one', 'used one']],
    [{ created_before: '2026-05-02' }, ['test', 'short one']],
    [{ last_used_after: '2026-05-03T00:00:00Z', search: 'one' }, ['used one']],
    [{ last_used_before: '2026-05-03T00:00:00Z' }, []],
    [{ expires_after: '2026-05-10' }, ['Revoked one']],
    [{ expires_before: '2026-05-10' }, ['short one']],
    [{ sort: 'name_desc', search: 'one' }, ['used one', 'short one', 'Revoked one']],
    [{ sort: 'created_desc', search: 'one' }, ['used one', 'Revoked one', 'short one']],
    [{ per_page: 2, page: 2 }, ['Revoked one', 'used one']],
  ])('%j', async (query, expected) => {
    const found = await names(owner.api, query);
    // How upper case sorts is the engine's own.
    if ('sort' in query && query.sort === 'name_desc') expect(new Set(found)).toEqual(new Set(expected));
    else expect(found).toEqual(expected);
  });

  it('are of the caller, and of anybody for administrators', async () => {
    const other = await server.build.person();
    expect(await names(other.api, {})).toEqual(['test']);
    expect(await names(other.api, { user_id: other.user.id })).toEqual(['test']);
    expect(await other.api.get('/personal_access_tokens', { query: { user_id: owner.user.id } })).toMatchObject({
      status: 401,
      body: { message: '401 Unauthorized' },
    });
    expect(await names(server.root, { user_id: owner.user.id })).toHaveLength(4);
    expect(await names(server.root, {})).toContain('first token');
    expect((await server.api.get('/personal_access_tokens')).status).toBe(401);
  });

  it.each([
    [{ state: 'asleep' }, 'state does not have a valid value'],
    [{ sort: 'luck' }, 'sort does not have a valid value'],
    [{ expires_after: 'x' }, 'expires_after is invalid'],
    [{ user_id: 'me' }, 'user_id is invalid'],
  ])('refuse %j', async (query, error) => {
    expect(await owner.api.get('/personal_access_tokens', { query })).toMatchObject({ status: 400, body: { error } });
  });
});
