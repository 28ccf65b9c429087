import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Reply } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import { freePort } from '../../../test/harness/free-port.ts';
import { createRunnersFactory } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import type { Project } from '../../namespaces/project.ts';

const ids = ({ body }: Reply) => (body as { id: number }[]).map(({ id }) => id);

/** Links by their relation, as URLs. */
function links({ headers }: Reply): Record<string, URL> {
  const found = [...(headers.get('link') ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)];
  return Object.fromEntries(found.map(([, url, relation]) => [relation, new URL(url ?? '')]));
}

const paging = ({ headers }: Reply) =>
  Object.fromEntries(
    ['page', 'per-page', 'total', 'total-pages', 'next-page', 'prev-page'].map((name) => [name, headers.get(`x-${name}`)]),
  );

describe.each(engines)('pages of runners on %s', (engine) => {
  let server: TestServer;
  let project: Project;
  const made: number[] = [];

  beforeAll(async () => {
    server = await startTestServer({ engine });
    const group = await server.build.group({ path: 'top' });
    const below = await server.build.group({ path: 'below', parent: group });
    project = await server.build.project({ group: below, path: 'fleet' });
    const factory = createRunnersFactory(server.baton.app);
    const specs = [{}, { group }, { projects: [project] }];
    for (let index = 0; index < 23; index++) made.push((await factory.runner({ ...specs[index % 3], tags: ['a', 'b'] })).id);
  });
  afterAll(() => server.stop());

  it('gives twenty rows by id, and says how to go on', async () => {
    const first = await server.root.get('/runners/all');
    expect(ids(first)).toEqual(made.slice(0, 20));
    expect(paging(first)).toEqual({ page: '1', 'per-page': '20', total: '23', 'total-pages': '2', 'next-page': '2', 'prev-page': '' });
    expect(Object.keys(links(first))).toEqual(['next', 'first', 'last']);
    const second = await server.root.get('/runners/all?page=2');
    expect(ids(second)).toEqual(made.slice(20));
    expect(paging(second)).toEqual({ page: '2', 'per-page': '20', total: '23', 'total-pages': '2', 'next-page': '', 'prev-page': '1' });
    expect(Object.keys(links(second))).toEqual(['prev', 'first', 'last']);
  });

  it('has the page in the middle between its neighbours, in all lists', async () => {
    for (const path of ['/runners/all', `/projects/${project.id}/runners`]) {
      const middle = await server.root.get(`${path}?per_page=7&page=2`);
      expect(ids(middle), path).toEqual(made.slice(7, 14));
      expect(paging(middle)).toEqual({ page: '2', 'per-page': '7', total: '23', 'total-pages': '4', 'next-page': '3', 'prev-page': '1' });
      expect(Object.keys(links(middle))).toEqual(['prev', 'next', 'first', 'last']);
    }
  });

  it('repeats all parameters in its links, on the external address', async () => {
    const path = `/projects/top%2Fbelow%2Ffleet/runners`;
    const page = await server.root.get(`${path}?tag_list[]=a&tag_list[]=b&scope=active&per_page=2&page=2`);
    expect(page.status).toBe(200);
    const { prev, next, first, last } = links(page);
    for (const url of [prev, next, first, last]) {
      expect(`${url?.origin}${url?.pathname}`).toBe(`${server.url}/api/v4${path}`);
      expect(url?.searchParams.getAll('tag_list[]')).toEqual(['a', 'b']);
      expect(url?.searchParams.get('scope')).toBe('active');
      expect(url?.searchParams.get('per_page')).toBe('2');
    }
    expect([prev, next, first, last].map((url) => url?.searchParams.get('page'))).toEqual(['1', '3', '1', '12']);
  });

  it('is walked to the end by its links, each runner once', async () => {
    const seen: number[] = [];
    let next: string | undefined = '/runners/all?per_page=5&tag_list=b';
    while (next !== undefined) {
      const page: Reply = await server.root.get(next);
      seen.push(...ids(page));
      next = links(page)['next']?.href.slice(`${server.url}/api/v4`.length);
    }
    expect(seen).toEqual(made);
  });

  it('names the configured external address, not the one that was called', async () => {
    const port = await freePort();
    await using other = await startTestServer({ engine, settings: { port: String(port), url: 'https://ci.example.com/base' } });
    const root = createClient(`http://127.0.0.1:${port}/api/v4`).as(other.rootToken);
    const { first } = links(await root.get('/runners/all'));
    expect(first?.href).toBe('https://ci.example.com/base/api/v4/runners/all?page=1&per_page=20');
  });

  it('keeps a token that came as a parameter out of its links', async () => {
    const page = await server.api.get(`/runners/all?private_token=${server.rootToken}&per_page=5`);
    expect(page.status).toBe(200);
    expect(page.headers.get('link')).not.toContain(server.rootToken);
  });

  it('begins with the first page, whatever comes below it', async () => {
    for (const number of ['0', '-1', '-99999999999999999999']) {
      const page = await server.root.get(`/runners/all?per_page=3&page=${number}`);
      expect([page.status, ids(page), page.headers.get('x-page'), page.headers.get('x-prev-page')]).toEqual([
        200,
        made.slice(0, 3),
        '1',
        '',
      ]);
    }
  });

  it('takes at most a hundred rows for a page', async () => {
    for (const size of ['100', '101', '1000']) {
      const page = await server.root.get(`/runners/all?per_page=${size}`);
      expect([page.status, page.headers.get('x-per-page')]).toEqual([200, '100']);
      expect(ids(page)).toEqual(made);
    }
  });

  it('is empty beyond the end, and one page when there is nothing', async () => {
    const beyond = await server.root.get('/runners/all?page=9');
    expect(ids(beyond)).toEqual([]);
    expect(paging(beyond)).toMatchObject({ page: '9', total: '23', 'total-pages': '2', 'next-page': '' });
    const nothing = await server.root.get('/runners/all?tag_list=nobody');
    expect(ids(nothing)).toEqual([]);
    expect(paging(nothing)).toEqual({ page: '1', 'per-page': '20', total: '0', 'total-pages': '1', 'next-page': '', 'prev-page': '' });
    expect(Object.keys(links(nothing))).toEqual(['first', 'last']);
  });

  it('counts with the filter', async () => {
    expect((await server.root.get('/runners/all?type=group_type')).headers.get('x-total')).toBe('8');
    expect((await server.root.get('/runners/all?type=group_type&tag_list=a&per_page=3')).headers.get('x-total')).toBe('8');
    expect((await server.root.get(`/groups/top/runners?per_page=3`)).headers.get('x-total')).toBe('16');
    const owner = (await server.build.member({ project }, 'maintainer')).api;
    expect((await owner.get('/runners?per_page=3')).headers.get('x-total')).toBe('7');
  });

  it('answers HEAD with the same headers and no body', async () => {
    const [get, head] = [await server.root.get('/runners/all?per_page=3'), await server.root.call('HEAD', '/runners/all?per_page=3')];
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
    for (const name of ['x-total', 'x-next-page', 'link', 'etag', 'content-type', 'content-length'])
      expect(head.headers.get(name), name).toBe(get.headers.get(name));
    expect((await server.api.call('HEAD', '/runners/all')).status).toBe(401);
  });

  it('answers 304 to who has the list already', async () => {
    const first = await server.root.get('/runners/all?per_page=2');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[^"]+"$/);
    const again = await server.root.get('/runners/all?per_page=2', { headers: { 'If-None-Match': etag } });
    expect([again.status, again.bytes.length, again.headers.get('etag')]).toEqual([304, 0, etag]);
    await server.root.put(`/runners/${made[0]}`, { json: { description: `changed ${engine}` } });
    const changed = await server.root.get('/runners/all?per_page=2', { headers: { 'If-None-Match': etag } });
    expect([changed.status, changed.body[0].description]).toEqual([200, `changed ${engine}`]);
  });

  it('answers a list with an empty JSON body as one without', async () => {
    const answer = await server.root.get('/runners/all?per_page=2', { headers: { 'Content-Type': 'application/json' } });
    expect(ids(answer)).toEqual(made.slice(0, 2));
  });
});
