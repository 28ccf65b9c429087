import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type RequestOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

/** A proxy between real agents and a server that is killed: it knows what the agents have sent and got. */
export interface RecordingProxy extends AsyncDisposable {
  url: string;
  /** Ids of jobs in answers to requests for a job, in the order in which they passed. */
  given: number[];
  /** Job → all log bytes that its agent has sent. */
  logs: Map<number, Buffer>;
  /** Job → what its agent said at the end, and how that was answered last. */
  ends: Map<number, { state: string; checksum: string | null; status: number }>;
}

/**
 * Starts a proxy in front of the server on `port`. Calls about jobs break when the server is not there, as they would without a proxy; git, uploads and
 * downloads wait for it, as behind a balancer, since agents give those up after seconds.
 */
export async function startRecordingProxy(port: number): Promise<RecordingProxy> {
  const given: number[] = [];
  const logs: RecordingProxy['logs'] = new Map();
  const ends: RecordingProxy['ends'] = new Map();
  const connections = new Agent({ keepAlive: false });

  async function isThere(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${port}/-/health`).then(
      (answer) => answer.ok,
      () => false,
    );
  }

  function noteLog(incoming: IncomingMessage, id: number, body: Buffer): void {
    const start = Number(/^(\d+)-/.exec(incoming.headers['content-range'] ?? '')?.[1]);
    logs.set(id, Buffer.concat([(logs.get(id) ?? Buffer.alloc(0)).subarray(0, start), body]));
  }

  function noteEnd(id: number, body: Buffer, status: number): void {
    const { state, checksum } = JSON.parse(body.toString()) as { state: string; checksum?: string };
    if (state !== 'running') ends.set(id, { state, checksum: checksum ?? null, status });
  }

  function onward(incoming: IncomingMessage): RequestOptions {
    return { host: '127.0.0.1', port, agent: connections, method: incoming.method, path: incoming.url, headers: incoming.headers };
  }

  async function call(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const id = Number(/\/jobs\/(\d+)/.exec(incoming.url ?? '')?.[1]);
    if (incoming.method === 'PATCH') noteLog(incoming, id, body);
    const outgoing = request(onward(incoming)).end(body);
    // An agent that hangs up must be seen behind the proxy.
    answer.once('close', () => outgoing.destroy());
    const [message] = (await once(outgoing, 'response')) as [IncomingMessage];
    const reply = await buffer(message);
    if (incoming.method === 'PUT') noteEnd(id, body, message.statusCode ?? 0);
    if (incoming.method === 'POST' && message.statusCode === 201) given.push((JSON.parse(reply.toString()) as { id: number }).id);
    answer.writeHead(message.statusCode ?? 500, message.headers).end(reply);
  }

  async function wait(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    while (!(await isThere())) await pause(50);
    const outgoing = request(onward(incoming), (message) => {
      message.on('error', () => answer.destroy());
      message.pipe(answer.writeHead(message.statusCode ?? 500, message.headers));
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  }

  const server = createServer((incoming, answer) => {
    const isCall = /\/jobs\/(request|\d+|\d+\/trace)(\?|$)/.test(incoming.url ?? '') && incoming.method !== 'GET';
    (isCall ? call : wait)(incoming, answer).catch(() => incoming.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    given,
    logs,
    ends,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
