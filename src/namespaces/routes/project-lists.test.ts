import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import type { Person } from '../../../test/harness/factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

/* open (public) · half (internal) · shut (private, in a group) · own (private, of ann) · kin (private, ann is a reporter) */
describe.each(engines)('which projects are seen and listed on %s', (engine) => {
  let server: TestServer;
  let ann: Person;
  let max: Person;
  let nobody: Person;
  let ids: Record<string, number>;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    const { build } = server;
    const group = await build.group({ path: 'team' });
    ann = await build.person({ username: 'ann' });
    nobody = await build.person();
    const open = await build.project({ path: 'open', visibility: 'public' });
    server.clock.advance(60_000);
    const half = await build.project({ path: 'half', visibility: 'internal' });
    const shut = await build.project({ path: 'shut', group: await build.group({ parent: group, path: 'inner' }) });
    const own = await build.project({ path: 'own', owner: ann });
    const kin = await build.project({ path: 'kin' });
    await build.member({ project: kin }, 'reporter', ann);
    max = await build.member({ group }, 'maintainer');
    ids = { open: open.id, half: half.id, shut: shut.id, own: own.id, kin: kin.id };
    await server.root.put(`/projects/${open.id}`, { json: { description: 'To be found', topics: 'go,fast "x"' } });
  });
  afterAll(() => server.stop());

  async function paths(api: Client, query: Record<string, string | number> = {}): Promise<string[]> {
    const { body } = await api.get('/projects', { query });
    return body.map((project: { path: string }) => project.path);
  }

  it('lists what each may see, the newest first', async () => {
    expect(await paths(server.api)).toEqual(['open']);
    expect(await paths(nobody.api)).toEqual(['half', 'open']);
    expect(await paths(ann.api)).toEqual(['kin', 'own', 'half', 'open']);
    expect(await paths(max.api)).toEqual(['shut', 'half', 'open']);
    expect(await paths(server.root)).toEqual(['kin', 'own', 'shut', 'half', 'open']);
    await server.root.put(`/users/${nobody.user.id}`, { json: { external: true } });
    expect(await paths(nobody.api)).toEqual(['open']);
    await server.root.put(`/users/${nobody.user.id}`, { json: { external: false } });
  });

  it.each([
    [{ membership: 'true' }, ['kin', 'own']],
    [{ owned: 'true' }, ['own']],
    [{ min_access_level: 20 }, ['kin', 'own']],
    [{ min_access_level: 30 }, ['own']],
    [{ search: 'FOUND' }, ['open']],
    [{ search: 'ann' }, []],
    [{ search: 'ann/', search_namespaces: 'true' }, ['own']],
    [{ search: '%' }, []],
    [{ visibility: 'internal' }, ['half']],
    [{ archived: 'true' }, []],
    [{ archived: 'false', per_page: 1 }, ['kin']],
    [{ topic: 'go' }, ['open']],
    [{ topic: 'go,fast "x"' }, ['open']],
    [{ topic: 'g' }, []],
    [{ starred: 'true' }, []],
    [{ order_by: 'name', sort: 'asc' }, ['half', 'kin', 'open', 'own']],
    [{ order_by: 'path' }, ['own', 'open', 'kin', 'half']],
    [{ order_by: 'id', sort: 'asc', per_page: 2, page: 2 }, ['own', 'kin']],
    [{ order_by: 'last_activity_at', sort: 'asc', per_page: 1 }, ['open']],
    [{ last_activity_after: '2999-01-01T00:00:00Z' }, []],
    [{ last_activity_before: '2999-01-01', visibility: 'public' }, ['open']],
  ])('narrows and orders a list by %j', async (query, expected) => {
    expect(await paths(ann.api, query)).toEqual(expected);
  });

  it('narrows by ids of any size', async () => {
    const half = ids['half'] ?? 0;
    expect(await paths(ann.api, { id_after: half })).toEqual(['kin', 'own']);
    expect(await paths(ann.api, { id_before: half })).toEqual(['open']);
    expect(await paths(ann.api, { id_after: '9'.repeat(25) })).toEqual([]);
    expect(await paths(ann.api, { id_before: `-${'9'.repeat(25)}` })).toEqual([]);
  });

  it('pages by key, following the link', async () => {
    let url: string | undefined = '/projects?pagination=keyset&order_by=id&sort=asc&per_page=2&membership=false';
    const pages: string[][] = [];
    while (url !== undefined) {
      const reply = await ann.api.get(url);
      expect(reply.headers.get('x-total')).toBeNull();
      pages.push(reply.body.map((project: { path: string }) => project.path));
      const next: string | undefined = /^<(?<next>[^>]+)>; rel="next"$/.exec(reply.headers.get('link') ?? '')?.groups?.['next'];
      expect(next === undefined || next.startsWith(`${server.url}/api/v4/projects?`)).toBe(true);
      url = next?.slice(`${server.url}/api/v4`.length);
    }
    expect(pages).toEqual([
      ['open', 'half'],
      ['own', 'kin'],
    ]);
    expect(await ann.api.get('/projects?pagination=keyset&order_by=name')).toMatchObject({
      status: 405,
      body: { error: 'Keyset pagination is not yet available for this type of request' },
    });
  });

  it('shows forms as GitLab does', async () => {
    const [full] = (await ann.api.get('/projects', { query: { owned: true } })).body;
    expect(full).toMatchObject({
      path: 'own',
      permissions: { project_access: null, group_access: null },
      owner: { username: 'ann' },
      _links: {},
    });
    expect(full).not.toHaveProperty('runners_token');
    const [simple] = (await ann.api.get('/projects', { query: { owned: true, simple: true } })).body;
    expect(simple).toMatchObject({ path: 'own', namespace: { full_path: 'ann' } });
    expect(simple).not.toHaveProperty('permissions');
    const [anonymous] = (await server.api.get('/projects')).body;
    expect(anonymous).not.toHaveProperty('shared_runners_enabled');
    expect(Object.keys((await server.api.get(`/projects/${ids['open']}`)).body)).toEqual(Object.keys(anonymous));
  });

  it('answers 404 for what is not seen, below it too', async () => {
    const missing = { status: 404, body: { message: '404 Project Not Found' } };
    for (const path of ['', '/members', '/variables', '/protected_branches', '/runners']) {
      expect(await nobody.api.get(`/projects/${ids['shut']}${path}`)).toMatchObject(missing);
      expect(await nobody.api.get(`/projects/team%2Finner%2Fshut${path}`)).toMatchObject(missing);
      expect(await nobody.api.get(`/projects/99999999999999999999${path}`)).toMatchObject(missing);
    }
    expect(await server.api.get(`/projects/${ids['shut']}`)).toMatchObject(missing);
    expect(await server.api.get(`/projects/${ids['half']}`)).toMatchObject(missing);
    expect((await max.api.get(`/projects/${ids['shut']}`)).body).toMatchObject({
      permissions: { project_access: null, group_access: { access_level: 40 } },
      runners_token: expect.any(String),
    });
    expect((await ann.api.get(`/projects/${ids['kin']}`)).body).not.toHaveProperty('runners_token');
  });

  it('lists the projects of a user', async () => {
    const own = async (api: Client, user: string | number) =>
      (await api.get(`/users/${user}/projects`)).body.map((project: { path: string }) => project.path);
    expect(await own(ann.api, 'ANN')).toEqual(['own']);
    expect(await own(ann.api, ann.user.id)).toEqual(['own']);
    expect(await own(nobody.api, 'ann')).toEqual([]);
    expect(await own(server.api, 'root')).toEqual(['open']);
    expect(await server.api.get('/users/no-such-user/projects')).toMatchObject({ status: 404, body: { message: '404 User Not Found' } });
  });

  it.each([
    [{ order_by: 'luck' }, 'order_by does not have a valid value'],
    [{ visibility: 'x' }, 'visibility does not have a valid value'],
    [{ last_activity_after: 'x' }, 'last_activity_after is invalid'],
    [{ pagination: 'x' }, 'pagination does not have a valid value'],
  ])('refuses %j', async (query, error) => {
    expect(await ann.api.get('/projects', { query })).toMatchObject({ status: 400, body: { error } });
  });
});
