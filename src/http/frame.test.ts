import { connect } from 'node:net';
import { once } from 'node:events';
import { pino } from 'pino';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client } from '../../test/harness/client.ts';
import { notFound, preconditionFailed } from './errors.ts';
import { unmodifiedSince } from './headers.ts';
import { pageOf, PageParameters, paginate } from './pagination.ts';
import { NullableInteger, TagList } from './parameters.ts';
import { content, type App, type Route } from './route.ts';
import { createServer } from './server.ts';

/** A route of the test's own with defaults for what it does not say. */
function route(given: Partial<Route<null>> & Pick<Route<null>, 'method' | 'path' | 'handle'>): Route<null> {
  return {
    operation: 'test',
    summary: '',
    room: 'test',
    guard: null,
    params: undefined,
    input: undefined,
    reply: undefined,
    status: 200,
    errors: [],
    body: 'parameters',
    bodyLimit: 8192,
    file: '',
    ...given,
  };
}

const echoInput = Type.Object({
  name: Type.Optional(Type.String()),
  flag: Type.Optional(Type.Boolean()),
  limit: Type.Optional(NullableInteger()),
  tag_list: Type.Optional(TagList()),
  info: Type.Optional(Type.Object({ version: Type.Optional(Type.String()) })),
});
const changedAt = Date.UTC(2026, 0, 1, 12, 0, 0, 500);

const routes = [
  ...(['POST', 'PUT', 'DELETE', 'GET'] as const).map((method) =>
    route({ method, path: '/echo/:id', input: echoInput, handle: async ({ input, params }) => ({ input, params }) }),
  ),
  route({
    method: 'GET',
    path: '/rows',
    input: Type.Object(PageParameters),
    handle: async (request) => {
      const page = pageOf(request.input as { page: number; per_page: number });
      const rows = Array.from({ length: 45 }, (_, index) => index).slice(page.offset, page.offset + page.limit);
      return paginate(request, page, { rows, total: 45 });
    },
  }),
  route({ method: 'GET', path: '/gone', handle: async () => Promise.reject(notFound('Runner')) }),
  route({ method: 'GET', path: '/broken', handle: async () => Promise.reject(new Error('secret detail')) }),
  route({ method: 'GET', path: '/away', handle: async () => Promise.reject(new Error('database away')) }),
  route({
    method: 'DELETE',
    path: '/record',
    status: 204,
    handle: async ({ headers }) => {
      if (!unmodifiedSince(headers['if-unmodified-since'], changedAt)) throw preconditionFailed();
    },
  }),
  route({
    method: 'POST',
    path: '/stream',
    body: 'stream',
    handle: async ({ raw }) => {
      let size = 0;
      for await (const chunk of raw as AsyncIterable<Buffer>) size += chunk.length;
      return content('text/plain', String(size));
    },
  }),
  route({
    method: 'POST',
    path: '/parts',
    body: 'parts',
    handle: async ({ parts }) => {
      const seen: string[] = [];
      for await (const part of parts()) {
        if (part.type === 'field') seen.push(`${part.fieldname}=${String(part.value)}`);
        else
          seen.push(
            `${part.fieldname}:${part.filename}:${(await part.file.toArray()).reduce((sum: number, chunk: Buffer) => sum + chunk.length, 0)}`,
          );
      }
      return seen;
    },
  }),
];

describe('the frame', () => {
  let api: Client;
  let base: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const server = await createServer<null>({
      app: {} as App,
      routes,
      gate: { enter: async () => ({}), admit: async () => ({}) },
      log: pino({ level: 'silent' }),
      url: () => 'https://ci.example.com/prefix',
      isUnavailable: (error) => error instanceof Error && error.message === 'database away',
    });
    base = await server.listen({ host: '127.0.0.1', port: 0 });
    api = createClient(`${base}/api/v4`);
    stop = () => server.close();
  });
  afterAll(() => stop());

  const expected = { name: 'x', flag: true, limit: null, tag_list: ['a', 'b'], info: { version: '1' } };

  it.each(['POST', 'PUT', 'DELETE'])('reads the same parameters from every encoding of %s', async (method) => {
    const json = { name: 'x', flag: true, limit: '', tag_list: ['a', 'b'], info: { version: '1' } };
    const form: [string, string][] = [
      ['name', 'x'],
      ['flag', 'on'],
      ['limit', ''],
      ['tag_list[]', 'a'],
      ['tag_list[]', 'b'],
      ['info[version]', '1'],
    ];
    const multipart = new FormData();
    for (const [key, value] of form) multipart.append(key, value);
    for (const options of [{ json }, { form }, { query: form }, ...(method === 'DELETE' ? [] : [{ multipart }])]) {
      const reply = await api.call(method, '/echo/7', options);
      expect(reply.body).toMatchObject({ input: expected });
    }
  });

  it('lets the body win over the query, and ignores what is not declared', async () => {
    const reply = await api.post('/echo/7', { query: { name: 'query', other: '1' }, json: { name: 'body', more: {} } });
    expect(reply.body.input).toEqual({ name: 'body' });
  });

  it('takes a JSON type without a body, and bodies that are no objects, as no parameters', async () => {
    for (const body of ['', 'null', '[]', '5', '"x"']) {
      const reply = await api.post('/echo/7', { body, headers: { 'Content-Type': 'application/json' } });
      expect([reply.status, reply.body.input]).toEqual([200, {}]);
    }
    expect((await api.get('/echo/7', { headers: { 'Content-Type': 'application/json' } })).status).toBe(200);
  });

  it('refuses malformed JSON, unknown types and long bodies', async () => {
    const malformed = await api.post('/echo/7', { body: '{"a":', headers: { 'Content-Type': 'application/json' } });
    expect([malformed.status, Object.keys(malformed.body)]).toEqual([400, ['error']]);
    const many = await api.post('/echo/7', {
      body: 'a=1&'.repeat(1001).slice(0, -1),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect([many.status, many.body]).toEqual([400, { error: 'a form may have up to 1000 parameters: send JSON instead' }]);
    expect((await api.post('/echo/7', { body: '<a/>', headers: { 'Content-Type': 'text/xml' } })).status).toBe(415);
    expect(await api.post('/echo/7', { json: { name: 'x'.repeat(9000) } })).toMatchObject({
      status: 413,
      body: { message: '413 Request Entity Too Large' },
    });
  });

  it('refuses multipart bodies that break off or have no boundary', async () => {
    const part = '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx';
    for (const path of ['/echo/7', '/parts'])
      for (const [type, body] of [
        ['multipart/form-data; boundary=b', part],
        ['multipart/form-data', part],
        [`multipart/form-data; boundary=${'b'.repeat(300)}`, part],
      ] as const) {
        const reply = await api.post(path, { body, headers: { 'Content-Type': type } });
        expect([reply.status, Object.keys(reply.body)]).toEqual([400, ['error']]);
      }
  });

  it('joins complaints', async () => {
    const reply = await api.post('/echo/7', { json: { flag: 'perhaps', limit: 'many' } });
    expect(reply).toMatchObject({ status: 400, body: { error: 'flag is invalid, limit is invalid' } });
  });

  it('pages with headers, and repeats the filters in links', async () => {
    const reply = await api.get('/rows', { query: { page: 2, per_page: 20, 'tag_list[]': 'a', private_token: 'secret' } });
    expect(reply.body).toEqual(Array.from({ length: 20 }, (_, index) => index + 20));
    const header = (name: string) => reply.headers.get(name);
    expect(['x-total', 'x-total-pages', 'x-page', 'x-per-page', 'x-next-page', 'x-prev-page'].map(header)).toEqual([
      '45',
      '3',
      '2',
      '20',
      '3',
      '1',
    ]);
    const url = (page: number) => `<https://ci.example.com/prefix/api/v4/rows?page=${page}&per_page=20&tag_list%5B%5D=a>`;
    expect(header('link')).toBe(`${url(1)}; rel="prev", ${url(3)}; rel="next", ${url(1)}; rel="first", ${url(3)}; rel="last"`);
  });

  it('keeps empty headers at the ends, caps the page size and refuses zero', async () => {
    const last = await api.get('/rows', { query: { per_page: 1000 } });
    expect([last.body.length, last.headers.get('x-per-page'), last.headers.get('x-next-page'), last.headers.get('x-prev-page')]).toEqual([
      45,
      '100',
      '',
      '',
    ]);
    expect((await api.get('/rows', { query: { page: 9 } })).body).toEqual([]);
    expect((await api.get('/rows', { query: { per_page: 0 } })).body).toEqual({ error: 'per_page has a value not allowed' });
    expect((await api.get('/rows', { query: { per_page: 'x' } })).body).toEqual({ error: 'per_page is invalid' });
    expect((await api.get('/rows', { query: { page: '999999999999999999' } })).status).toBe(400);
  });

  it('answers 304 to the current tag, and HEAD like GET without a body', async () => {
    const first = await api.get('/rows');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"/);
    const second = await api.get('/rows', { headers: { 'If-None-Match': etag } });
    expect([second.status, second.bytes.length]).toEqual([304, 0]);
    expect((await api.get('/rows', { headers: { 'If-None-Match': 'W/"other"' } })).status).toBe(200);
    const head = await api.call('HEAD', '/rows');
    expect([head.status, head.bytes.length, head.headers.get('x-total'), head.headers.get('etag')]).toEqual([200, 0, '45', etag]);
  });

  it('answers 204 without a body or a type, and 412 when the record has changed', async () => {
    const reply = await api.delete('/record');
    expect([reply.status, reply.bytes.length, reply.headers.get('content-type')]).toEqual([204, 0, null]);
    const since = (time: number | string) => ({
      headers: { 'If-Unmodified-Since': typeof time === 'number' ? new Date(time).toUTCString() : time },
    });
    expect(await api.delete('/record', since(changedAt - 60_000))).toMatchObject({
      status: 412,
      body: { message: '412 Precondition Failed' },
    });
    expect((await api.delete('/record', since(changedAt))).status).toBe(204);
    expect((await api.delete('/record', since('nonsense'))).status).toBe(204);
  });

  it('shows errors in their families, and no detail of a fault', async () => {
    expect(await api.get('/gone')).toMatchObject({ status: 404, body: { message: '404 Runner Not Found' } });
    expect(await api.get('/nowhere')).toMatchObject({ status: 404, body: { error: '404 Not Found' } });
    expect(await api.get('/broken')).toMatchObject({ status: 500, body: { message: '500 Internal Server Error' } });
    const away = await api.get('/away');
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('lets any page call it', async () => {
    const preflight = await api.call('OPTIONS', '/rows');
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
  });

  it('hands streams and parts to the handler', async () => {
    const stream = await api.post('/stream', { body: new Uint8Array(5000), headers: { 'Content-Type': 'text/plain' } });
    expect(stream.body).toBe('5000');
    const form = new FormData();
    form.append('expire_in', '1 week');
    form.append('file', new Blob([new Uint8Array(2 * 1024 * 1024)]), 'a.zip');
    expect((await api.post('/parts', { multipart: form })).body).toEqual(['expire_in=1 week', `file:a.zip:${2 * 1024 * 1024}`]);
    expect((await api.post('/parts', { json: {} })).status).toBe(400);
  });

  it('decodes encoded slashes in a path parameter', async () => {
    const reply = await api.get('/echo/group%2Fsub%2Fproject');
    expect(reply.status).toBe(200);
  });

  it('survives nonsense on the wire', async () => {
    const { port, hostname } = new URL(base);
    for (const text of ['GET /api/v4/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'NONSENSE\r\n\r\n']) {
      const socket = connect(Number(port), hostname);
      socket.end(text);
      let answer = '';
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      await once(socket, 'close');
      expect(answer).toMatch(/^HTTP\/1.1 400/);
    }
    expect((await api.get('/rows')).status).toBe(200);
  });
});
