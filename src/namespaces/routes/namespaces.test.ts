import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import type { Person } from '../../../test/harness/factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('namespaces on %s', (engine) => {
  let server: TestServer;
  let ann: Person;
  beforeAll(async () => {
    server = await startTestServer({ engine });
    ann = await server.build.person({ username: 'ann' });
    const top = await server.build.group({ path: 'top' });
    const below = await server.build.group({ path: 'below', parent: top });
    await server.build.group({ path: 'other' });
    await server.build.member({ group: top }, 'guest', ann);
    await server.build.member({ group: below }, 'owner', ann);
  });
  afterAll(() => server.stop());

  async function paths(api: Client, query: Record<string, string> = {}): Promise<string[]> {
    const { body } = await api.get('/namespaces', { query });
    return body.map((namespace: { full_path: string }) => namespace.full_path);
  }

  it('are listed: the own one and groups, all for administrators', async () => {
    expect(await paths(ann.api)).toEqual(['ann', 'top', 'top/below']);
    expect(await paths(server.root)).toEqual(['ann', 'other', 'root', 'top', 'top/below']);
    expect((await server.api.get('/namespaces')).status).toBe(401);
  });

  it.each([
    [{ search: 'TOP' }, ['top', 'top/below']],
    [{ search: '_' }, []],
    [{ owned_only: 'true' }, ['ann', 'top/below']],
    [{ top_level_only: 'true' }, ['ann', 'top']],
    [{ per_page: '1', page: '3' }, ['top/below']],
  ])('are narrowed by %j', async (query, expected) => {
    expect(await paths(ann.api, query)).toEqual(expected);
  });

  it('are shown by id or path', async () => {
    const shown = await ann.api.get('/namespaces/TOP%2Fbelow');
    expect(shown).toMatchObject({
      status: 200,
      body: { name: 'below', path: 'below', kind: 'group', full_path: 'top/below', web_url: `${server.url}/groups/top/below` },
    });
    expect((await ann.api.get(`/namespaces/${shown.body.parent_id}`)).body).toMatchObject({ full_path: 'top', parent_id: null });
    expect((await ann.api.get('/namespaces/root')).body).toMatchObject({ kind: 'user', web_url: `${server.url}/root` });
    for (const id of ['other', 'nothing', '999999', '99999999999999999999'])
      expect(await ann.api.get(`/namespaces/${id}`)).toMatchObject({ status: 404, body: { message: '404 Namespace Not Found' } });
    expect((await server.root.get('/namespaces/other')).status).toBe(200);
    expect((await server.api.get('/namespaces/root')).status).toBe(401);
  });
});
