import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import type { Person } from '../../../test/harness/factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

/*
 * open (public)          shut (private)
 *                          mid (private), member: mia
 *                            low (private)
 * half (internal)        far (private), project member: pat
 */
describe.each(engines)('which groups are seen and listed on %s', (engine) => {
  let server: TestServer;
  let mia: Person;
  let pat: Person;
  let nobody: Person;
  let ids: Record<string, number>;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    const { build } = server;
    const open = await build.group({ path: 'open', visibility: 'public' });
    const half = await build.group({ path: 'half', visibility: 'internal' });
    const shut = await build.group({ path: 'shut' });
    const mid = await build.group({ path: 'mid', parent: shut });
    const low = await build.group({ path: 'low', parent: mid });
    const far = await build.group({ path: 'far' });
    const project = await build.project({ group: far, path: 'inner' });
    await build.project({ group: mid, path: 'hidden' });
    ids = { open: open.id, half: half.id, shut: shut.id, mid: mid.id, low: low.id, far: far.id };
    mia = await build.member({ group: mid }, 'maintainer');
    pat = await build.member({ project }, 'reporter');
    nobody = await build.person();
  });
  afterAll(() => server.stop());

  async function paths(api: Client, path = '/groups', query: Record<string, string | number> = {}): Promise<string[]> {
    const { body } = await api.get(path, { query });
    return body.map((group: { path: string }) => group.path);
  }

  it('lists what each may see', async () => {
    expect(await paths(server.api)).toEqual(['open']);
    expect(await paths(nobody.api)).toEqual(['half', 'open']);
    expect(await paths(mia.api)).toEqual(['half', 'low', 'mid', 'open', 'shut']);
    expect(await paths(pat.api)).toEqual(['far', 'half', 'open']);
    expect(await paths(server.root)).toEqual(['far', 'half', 'low', 'mid', 'open', 'shut']);
    await server.root.put(`/users/${nobody.user.id}`, { json: { external: true } });
    expect(await paths(nobody.api)).toEqual(['open']);
    await server.root.put(`/users/${nobody.user.id}`, { json: { external: false } });
  });

  it('answers 404 for what is not seen, and shows names on the way to what is', async () => {
    const seen = async (api: Client, name: string) => (await api.get(`/groups/${ids[name]}`)).status;
    expect(await seen(server.api, 'half')).toBe(404);
    expect(await seen(nobody.api, 'half')).toBe(200);
    expect(await seen(nobody.api, 'shut')).toBe(404);
    expect(await seen(mia.api, 'shut')).toBe(200);
    expect(await seen(mia.api, 'low')).toBe(200);
    expect(await seen(mia.api, 'far')).toBe(404);
    expect(await seen(pat.api, 'far')).toBe(200);
    expect((await pat.api.put(`/groups/${ids['far']}`, { json: { name: 'x' } })).status).toBe(403);
    expect((await nobody.api.put(`/groups/${ids['far']}`, { json: { name: 'x' } })).status).toBe(404);
  });

  it.each([
    [{ search: 'H' }, ['half', 'shut']],
    [{ search: '_' }, []],
    [{ owned: 'true' }, []],
    [{ min_access_level: 40 }, ['low', 'mid']],
    [{ min_access_level: 50 }, []],
    [{ all_available: 'false' }, ['low', 'mid']],
    [{ top_level_only: 'true' }, ['half', 'open', 'shut']],
    [{ visibility: 'private' }, ['low', 'mid', 'shut']],
    [{ order_by: 'path', sort: 'desc' }, ['shut', 'open', 'mid', 'low', 'half']],
    [{ order_by: 'id', per_page: 2 }, ['open', 'half']],
    [{ order_by: 'id', per_page: 2, page: 3 }, ['low']],
  ])('narrows a list by %j', async (query, expected) => {
    expect(await paths(mia.api, '/groups', query)).toEqual(expected);
  });

  it('leaves out groups by id', async () => {
    const query: [string, string][] = [
      ['skip_groups[]', String(ids['mid'])],
      ['skip_groups[]', String(ids['open'])],
      ['skip_groups[]', '99999999999999999999'],
    ];
    const { body } = await mia.api.get('/groups', { query });
    expect(body.map((group: { path: string }) => group.path)).toEqual(['half', 'low', 'shut']);
  });

  it('lists subgroups, and all below', async () => {
    expect(await paths(mia.api, '/groups/shut/subgroups')).toEqual(['mid']);
    expect(await paths(mia.api, '/groups/shut/descendant_groups')).toEqual(['low', 'mid']);
    expect(await paths(mia.api, '/groups/shut/descendant_groups', { search: 'o' })).toEqual(['low']);
    expect(await paths(server.root, `/groups/${ids['low']}/subgroups`)).toEqual([]);
    expect((await nobody.api.get('/groups/shut/subgroups')).status).toBe(404);
    expect((await nobody.api.get('/groups/shut/descendant_groups')).status).toBe(404);
  });

  it('lists projects of groups', async () => {
    expect(await paths(mia.api, '/groups/shut/projects')).toEqual([]);
    expect(await paths(mia.api, '/groups/shut/projects', { include_subgroups: 'true' })).toEqual(['hidden']);
    expect(await paths(mia.api, '/groups/shut%2Fmid/projects')).toEqual(['hidden']);
    expect(await paths(pat.api, '/groups/far/projects')).toEqual(['inner']);
    expect((await server.root.get('/groups/far')).body.projects).toMatchObject([{ path: 'inner', permissions: expect.anything() }]);
    expect((await server.root.get('/groups/far', { query: { with_projects: false } })).body.projects).toEqual([]);
    expect((await nobody.api.get('/groups/far/projects')).status).toBe(404);
  });

  it('forgets memberships that are over', async () => {
    const group = await server.build.group({ path: 'brief' });
    const guest = await server.build.member({ group }, 'guest');
    const soon = new Date(server.clock.now() + 24 * 3_600_000).toISOString().slice(0, 10);
    await server.root.put(`/groups/${group.id}/members/${guest.user.id}`, { json: { access_level: 10, expires_at: soon } });
    expect(await paths(guest.api)).toContain('brief');
    server.clock.advance(24 * 3_600_000);
    expect(await paths(guest.api)).not.toContain('brief');
    expect((await guest.api.get(`/groups/${group.id}`)).status).toBe(404);
    await server.root.delete(`/groups/${group.id}`);
  });

  it.each([
    [{ order_by: 'luck' }, 'order_by does not have a valid value'],
    [{ min_access_level: 15 }, 'min_access_level does not have a valid value'],
    [{ owned: 'x' }, 'owned is invalid'],
  ])('refuses %j', async (query, error) => {
    expect(await mia.api.get('/groups', { query })).toMatchObject({ status: 400, body: { error } });
  });
});
