import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { tooLarge } from './errors.ts';

/**
 * Reads away what is left of a body whose request has been answered. A connection that is closed with unread bytes is reset, and
 * the reset may overtake the answer: an agent would then send again what was refused for good (runner protocol 8.1). A
 * body that does not end within `patienceMs` is cut off, and one that ends when the server `isClosing` ends its connection, which
 * the server would wait for otherwise.
 */
export function readAway(body: IncomingMessage, patienceMs: number, isClosing: () => boolean): void {
  if (body.readableEnded) return;
  // A parser that stopped in the middle would hold the stream up for ever.
  body.unpipe();
  body.resume();
  if (body.complete) return;
  const timer = setTimeout(() => body.socket.destroy(), patienceMs);
  body.once('close', () => {
    clearTimeout(timer);
    if (isClosing()) body.socket.destroy();
  });
}

/**
 * The same bytes as `body`, for an endpoint that takes large bodies from those alone who show in the first `limit` bytes that they
 * may send one: `admit` is asked once, when there are more. Until then no more than `limit` bytes are held. Fails with 413.
 */
export function admitLarge(body: Readable, limit: number, admit: (head: Buffer) => Promise<boolean>): Readable {
  async function* admitted(): AsyncGenerator<Buffer> {
    let head: Buffer[] | null = [];
    let size = 0;
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (head !== null) {
        head.push(chunk);
        size += chunk.length;
        if (size > limit) {
          if (!(await admit(Buffer.concat(head)))) throw tooLarge();
          head = null;
        }
      }
      yield chunk;
    }
  }
  return Readable.from(admitted(), { objectMode: false });
}
