import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { until } from '../../test/harness/until.ts';
import { forbidden } from './errors.ts';
import { jsonBodyLimit, type App, type Route } from './route.ts';
import { createServer } from './server.ts';
import { admitLarge, readAway } from './unwanted-body.ts';

const mebibyte = 1024 * 1024;

/** A server whose endpoints refuse a body of each kind without reading it, and one that takes up to 8 MiB from who says `please`. */
async function start() {
  const asked: number[] = [];
  const base = {
    operation: 'test',
    summary: '',
    room: 'test',
    guard: null,
    status: 200,
    errors: [],
    file: '',
    params: undefined,
    input: undefined,
    reply: undefined,
  };
  const refuse = () => Promise.reject(forbidden());
  const largeBody = async (_app: App, _request: unknown, head: Buffer) => {
    asked.push(head.length);
    await pause(20);
    return head.includes('please');
  };
  const routes: Route<null>[] = [
    { ...base, method: 'POST', path: '/stream', body: 'stream', bodyLimit: 10, handle: refuse },
    {
      ...base,
      method: 'POST',
      path: '/parts',
      body: 'parts',
      bodyLimit: 10,
      handle: async ({ parts }) => {
        for await (const _part of parts()) throw forbidden();
      },
    },
    { ...base, method: 'POST', path: '/json', body: 'parameters', bodyLimit: 10, handle: async () => ({}) },
    {
      ...base,
      method: 'POST',
      path: '/large',
      body: 'parameters',
      bodyLimit: 8 * mebibyte,
      largeBody,
      handle: async ({ given }) => ({ keys: Object.keys(given) }),
    },
  ];
  const gate = { enter: async () => ({}), admit: async () => ({}) };
  const server = await createServer<null>({
    app: {} as App,
    routes,
    gate,
    log: pino({ level: 'silent' }),
    url: () => '',
    isUnavailable: () => false,
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url: `${url}/api/v4`, asked, [Symbol.asyncDispose]: () => server.close() };
}

/** Sends requests one after another on one connection, each with all of its chunked body, whenever its answer comes; gives the statuses. */
async function send(url: string, type: string, bodies: Iterable<string | Buffer>[]): Promise<number[]> {
  const { port, pathname } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  const write = async (part: string | Buffer) => {
    if (!socket.write(part)) await once(socket, 'drain');
  };
  for (const body of bodies) {
    await write(`POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (const chunk of body) {
      await write(`${chunk.length.toString(16)}\r\n`);
      await write(chunk);
      await write('\r\n');
    }
    await write('0\r\n\r\n');
  }
  const statuses = () => [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
  await until(() => statuses().length === bodies.length, 'all answers');
  socket.destroy();
  return statuses();
}

function* bytes(count: number, head = ''): Generator<string | Buffer> {
  if (head !== '') yield head;
  for (let sent = 0; sent < count; sent += 65_536) yield Buffer.alloc(65_536, 'x');
}

describe('bodies that nobody reads', () => {
  it.each([
    ['/stream', 'text/plain', '', 403],
    ['/parts', 'multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n', 403],
    ['/json', 'application/json', '', 413],
  ])('do not keep the answer of %s away, nor the next request', async (path, type, head, status) => {
    await using server = await start();
    expect(await send(`${server.url}${path}`, type, [bytes(20 * mebibyte, head), bytes(65_536, head)])).toEqual([status, status]);
  });

  it('do not keep the server from closing', async () => {
    const server = await start();
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('POST /api/v4/stream HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n12345');
    expect(String((await once(socket, 'data'))[0])).toContain('HTTP/1.1 403');
    const closed = server[Symbol.asyncDispose]();
    socket.write('67890');
    await closed;
  });

  it('end the connection when they do not end themselves', async () => {
    const server = createHttpServer((request, response) => {
      response.once('finish', () => readAway(request, 30, () => false));
      response.end('no');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n');
    const answer = once(socket, 'data');
    const closed = once(socket, 'close');
    expect(String((await answer)[0])).toContain('HTTP/1.1 200');
    await closed;
    server.close();
  });
});

describe('large bodies', () => {
  const whole = function* (size: number, key: string) {
    yield* bytes(size, `{"${key}":"`);
    yield '"}';
  };

  it('are taken from who may send them, and asked for once', async () => {
    await using server = await start();
    expect(await send(`${server.url}/large`, 'application/json', [whole(4 * mebibyte, 'please')])).toEqual([200]);
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]).toBeGreaterThan(jsonBodyLimit);
    expect(server.asked[0]).toBeLessThan(2 * mebibyte);
  });

  it('are refused to others, and to everybody above the limit, on a connection that stays good', async () => {
    await using server = await start();
    const bodies = [whole(4 * mebibyte, 'now'), whole(9 * mebibyte, 'please'), whole(4 * mebibyte, 'please')];
    expect(await send(`${server.url}/large`, 'application/json', bodies)).toEqual([413, 413, 200]);
  });

  it('are no question while they are small', async () => {
    await using server = await start();
    expect(await send(`${server.url}/large`, 'application/json', [whole(65_536, 'now')])).toEqual([200]);
    expect(server.asked).toEqual([]);
  });

  it('pass through unchanged', async () => {
    const chunks = Array.from({ length: 50 }, (_, index) => Buffer.alloc(index, index));
    const body = admitLarge(Readable.from(chunks), 100, async () => true);
    expect(Buffer.concat(chunks).equals(await buffer(body))).toBe(true);
  });
});
