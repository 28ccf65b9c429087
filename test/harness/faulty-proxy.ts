import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the proxy does with a request: pass it on, answer itself, or break the connection. */
export type Fault = 'pass' | 'break' | { status: number; body: string };

export interface FaultyProxy extends AsyncDisposable {
  port: number;
  /** Method, path and query of every request that came. */
  seen: string[];
}

/** An HTTP proxy in front of a server on this machine that makes trouble where `decide` says so. */
export async function startFaultyProxy(port: number, decide: (line: string, earlier: number) => Fault): Promise<FaultyProxy> {
  const seen: string[] = [];
  const server = createServer((incoming, answer) => {
    const line = `${incoming.method} ${incoming.url}`;
    const fault = decide(line, seen.filter((other) => other === line).length);
    seen.push(line);
    if (fault === 'pass') pass(port, incoming, answer);
    else if (fault === 'break') incoming.socket.destroy();
    else incoming.on('end', () => answer.writeHead(fault.status, { 'content-type': 'application/xml' }).end(fault.body)).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function pass(port: number, incoming: IncomingMessage, answer: ServerResponse): void {
  // Headers go on as they came, the host among them, because the signature covers it.
  const options = { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers: incoming.headers };
  const onward = request(options, (message) => message.pipe(answer.writeHead(message.statusCode ?? 500, message.headers)));
  onward.on('error', () => incoming.socket.destroy());
  incoming.pipe(onward);
}
