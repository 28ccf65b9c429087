import type { ServerResponse } from 'node:http';
import type { GitService } from './git-url.ts';

/** What every cache on the way must know: answers about refs are true only now. */
const NO_CACHE = { Expires: 'Fri, 01 Jan 1980 00:00:00 GMT', Pragma: 'no-cache', 'Cache-Control': 'no-cache, max-age=0, must-revalidate' };

/** Sends the head of a successful answer, once. */
export function beginReply(res: ServerResponse, service: GitService, kind: 'advertisement' | 'result'): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(200, { ...NO_CACHE, 'Content-Type': `application/x-${service}-${kind}` });
}

/** Answers with an error in plain text, which git shows to its user; too late for that, the connection is cut. */
export function failReply(res: ServerResponse, status: number, message: string): void {
  if (res.destroyed || res.writableEnded) return;
  if (res.headersSent) {
    res.destroy();
    return;
  }
  res.writeHead(status, { ...NO_CACHE, 'Content-Type': 'text/plain; charset=utf-8' });
  res.end(`${message}\n`);
}
