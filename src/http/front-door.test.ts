import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { until } from '../../test/harness/until.ts';
import { createFrontDoor, type FrontDoor, type FrontDoorOptions, type Handler } from './front-door.ts';

const opened: { door: FrontDoor; sockets: Socket[] }[] = [];
afterEach(async () => {
  for (const { door, sockets } of opened.splice(0)) {
    sockets.forEach((socket) => socket.destroy());
    await door.close(0);
  }
});

async function start(options: FrontDoorOptions = {}) {
  const door = createFrontDoor({ checkEveryMs: 10, ...options });
  const sockets: Socket[] = [];
  opened.push({ door, sockets });
  await door.listen('127.0.0.1', 0);
  const { port } = door.server.address() as AddressInfo;
  const dial = () => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    const line = { socket, heard: '', ended: false, send: (text: string) => void socket.write(text) };
    socket.on('data', (bytes) => (line.heard += bytes.toString()));
    socket.on('close', () => (line.ended = true));
    socket.on('error', () => {});
    return line;
  };
  return { door, dial };
}

const head = 'POST /x HTTP/1.1\r\nHost: a\r\n';
const ok: Handler = (request, response) => void request.resume().once('end', () => response.end('done'));

it('answers 503 until it is opened, on the same connection', async () => {
  const { door, dial } = await start();
  const line = dial();
  line.send(`${head}Content-Length: 3\r\n\r\nabc`);
  await until(() => line.heard.includes('try again shortly'));
  expect(line.heard).toMatch(/^HTTP\/1\.1 503 /);
  expect(line.heard).toContain('Retry-After: 5');
  line.heard = '';
  door.open(ok);
  line.send(`${head}Content-Length: 3\r\n\r\nabc`);
  await until(() => line.heard.includes('done'));
  expect(line.heard).toMatch(/^HTTP\/1\.1 200 /);
});

it('ends connections whose headers do not end', async () => {
  const { door, dial } = await start({ headersMs: 50 });
  door.open(ok);
  const [silent, slow] = [dial(), dial()];
  slow.send(head);
  await until(() => silent.ended && slow.ended);
  expect(slow.heard).toMatch(/^HTTP\/1\.1 408 /);
});

it('cuts off a body that stands still, and none that moves on', async () => {
  const { door, dial } = await start({ bodyIdleMs: 200 });
  door.open(ok);
  const [still, moving] = [dial(), dial()];
  for (const line of [still, moving]) line.send(`${head}Content-Length: 1000000\r\n\r\nabc`);
  let left = 1_000_000 - 'abc'.length;
  const drip = setInterval(() => moving.send('x'.repeat(left-- > 0 ? 1 : 0)), 20);
  await until(() => still.ended);
  clearInterval(drip);
  expect(still.heard).toMatch(/^HTTP\/1\.1 408 .*no more of the body came/s);
  expect(moving.ended).toBe(false);
  moving.send('y'.repeat(left));
  await until(() => moving.heard.includes('done'));
});

it('waits for a handler that takes its time with a body', async () => {
  const { door, dial } = await start({ bodyIdleMs: 30 });
  const taken = Promise.withResolvers<void>();
  door.open((request, response) => void taken.promise.then(() => ok(request, response)));
  const [busy, still] = [dial(), dial()];
  busy.send(`${head}Content-Length: 200000\r\n\r\n`);
  busy.send('x'.repeat(200_000));
  await until(() => busy.socket.bytesWritten > 200_000);
  still.send(`${head}Content-Length: 5\r\n\r\n`);
  await until(() => still.ended);
  expect(busy.ended).toBe(false);
  taken.resolve();
  await until(() => busy.heard.includes('done'));
});

it('takes no more connections than it may', async () => {
  const { door, dial } = await start({ mostConnections: 1 });
  door.open(ok);
  const first = dial();
  first.send(`${head}Content-Length: 0\r\n\r\n`);
  await until(() => first.heard.includes('done'));
  const second = dial();
  await until(() => second.ended);
  expect(first.ended).toBe(false);
});

it('finishes what is under way when it closes, ends its connection, and hears no more', async () => {
  const { door, dial } = await start();
  door.open(ok);
  const [upload, idle, silent] = [dial(), dial(), dial()];
  idle.send(`${head}Content-Length: 0\r\n\r\n`);
  upload.send(`${head}Content-Length: 6\r\n\r\nabc`);
  await until(() => idle.heard.includes('done'));
  const closed = door.close(10_000);
  await until(() => idle.ended && silent.ended);
  upload.send('def');
  await closed;
  await until(() => upload.ended);
  expect(upload.heard).toMatch(/^HTTP\/1\.1 200 .*Connection: close.*done/s);
  const late = dial();
  await until(() => late.ended);
  expect(late.heard).toBe('');
});

it('cuts off what outlasts its patience, also when that is taken back', async () => {
  const { door, dial } = await start();
  door.open(ok);
  const upload = dial();
  upload.send(`${head}Content-Length: 6\r\n\r\nabc`);
  const second = dial();
  second.send(`${head}Content-Length: 0\r\n\r\n`);
  await until(() => second.heard.includes('done'));
  const patient = door.close(60_000);
  await Promise.all([door.close(20), patient]);
  await until(() => upload.ended);
  expect(upload.heard).toBe('');
});
