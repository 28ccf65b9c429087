import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { unavailable } from './errors.ts';

/*
 * The listening socket, apart from what answers behind it. It is open before anything else is, and answers 503 until the rooms
 * are ready, because agents take a refused connection or a wrong answer worse than a 503 (runner protocol 4.4); and it is closed first.
 */

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface FrontDoorOptions {
  /** Connections at once; more are closed unheard. */
  mostConnections?: number | undefined;
  /** Ms without a byte after which the rest of a body is not waited for. */
  bodyIdleMs?: number;
  /** Ms within which the headers of a request must have come. */
  headersMs?: number;
  /** Ms between two looks at all connections. */
  checkEveryMs?: number;
}

export interface FrontDoor {
  server: Server;
  /** Listens, and answers 503. Rejects with the system's error. */
  listen(host: string, port: number): Promise<void>;
  /** From now on `handler` answers. */
  open(handler: Handler): void;
  /**
   * Takes no more requests and waits for those under way, up to `patienceMs`; then cuts them off. Answers say that their connection
   * ends. May be called again, also with less patience.
   */
  close(patienceMs: number): Promise<void>;
}

/** A connection, with its newest request. */
interface Line {
  request: IncomingMessage | null;
  response: ServerResponse | null;
  /** Bytes that had come when some came last, and when that was seen (ms, steady clock). */
  bytes: number;
  since: number;
}

export function createFrontDoor(options: FrontDoorOptions = {}): FrontDoor {
  const { bodyIdleMs = 120_000, headersMs = 60_000, checkEveryMs = 5_000 } = options;
  const lines = new Map<Socket, Line>();
  let handler: Handler = refuse;
  let closing: Promise<void> | null = null;

  const server = createServer(
    {
      // A request for a job is held for 50 s and an upload may take an hour: the whole request has no limit, its parts have.
      requestTimeout: 0,
      headersTimeout: headersMs,
      connectionsCheckingInterval: checkEveryMs,
      // Agents keep idle connections for 90 s (runner protocol 13); they, not we, close them.
      keepAliveTimeout: 120_000,
      maxHeaderSize: 16 * 1024,
    },
    (request, response) => {
      const line = lines.get(request.socket);
      if (line !== undefined) {
        line.request = request;
        line.response = response;
        line.bytes = -1;
      }
      handler(request, response);
    },
  );
  if (options.mostConnections !== undefined) server.maxConnections = options.mostConnections;
  server.on('connection', (socket) => {
    lines.set(socket, { request: null, response: null, bytes: -1, since: 0 });
    socket.once('close', () => lines.delete(socket));
  });

  /** A body that moves on may take for ever; one that does not is cut off. What waits here to be read is no fault of the client's. */
  function check(): void {
    const now = performance.now();
    for (const [socket, line] of lines) {
      const { request, response } = line;
      if (request === null || response === null || request.complete) continue;
      if (socket.bytesRead !== line.bytes || request.readableLength > 0) {
        line.bytes = socket.bytesRead;
        line.since = now;
      } else if (now - line.since >= bodyIdleMs) cutOff(socket, response);
    }
  }
  const timer = setInterval(check, checkEveryMs);
  timer.unref();

  function sayGoodbye(): void {
    for (const [socket, { response }] of lines) {
      if (response === null || response.writableFinished) continue;
      if (response.headersSent) response.once('finish', () => socket.destroySoon());
      else response.shouldKeepAlive = false;
    }
  }

  return {
    server,
    listen(host, port) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', reject);
      server.listen({ host, port, backlog: 4096 }, () => {
        server.off('error', reject);
        resolve();
      });
      return promise;
    },
    open(next) {
      if (closing === null) handler = next;
    },
    async close(patienceMs) {
      handler = refuseAndLeave;
      if (closing === null) {
        closing = new Promise((resolve) => server.close(() => resolve()));
        sayGoodbye();
      }
      // Connections that never sent a request count as under way otherwise.
      for (const [socket, { request }] of lines) if (request === null) socket.destroy();
      const patience = setTimeout(() => server.closeAllConnections(), patienceMs);
      await closing;
      clearTimeout(patience);
      clearInterval(timer);
    },
  };
}

function refuse(_request: IncomingMessage, response: ServerResponse): void {
  const { status, body, headers } = unavailable();
  response.writeHead(status, { ...headers, 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function refuseAndLeave(request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
  refuse(request, response);
}

function cutOff(socket: Socket, response: ServerResponse): void {
  if (!response.headersSent) {
    const body = JSON.stringify({ message: '408 Request Timeout - no more of the body came' });
    socket.write(
      `HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}
