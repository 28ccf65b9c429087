import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { collectStderr, exitOf, GitError, killGit, spawnGit } from './git-process.ts';
import type { SpawnOptions } from './git-process.ts';

/** The plumbing between an HTTP exchange and the git process that serves it. */

/** How long a killed process may take to clean up before it is killed for good. */
const GRACE_MS = 5_000;

/** How long a client may go on sending what nobody reads any more. */
const DISCARD_MS = 60_000;

export interface ServiceProcess {
  child: ChildProcessWithoutNullStreams;
  /** Ends the process and its children. */
  stop(): void;
  /** Waits for the end. Throws a `GitError` when git could not be started or was ended by the time limit. */
  ended: Promise<{ code: number | null; stderr: string }>;
}

/** Starts a git service that answers to `res`, under a time limit (milliseconds). */
export function startService(args: readonly string[], res: ServerResponse, timeLimitMs: number, options: SpawnOptions): ServiceProcess {
  const command = args[0] ?? 'git';
  const child = spawnGit(args, options);
  const stderr = collectStderr(child);
  let grace: NodeJS.Timeout | undefined;
  const stop = () => {
    killGit(child, 'SIGTERM');
    grace ??= setTimeout(() => killGit(child, 'SIGKILL'), GRACE_MS);
  };
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    stop();
    // Whoever waits for a client that does not read must hear of it too.
    if (res.headersSent) res.destroy();
  }, timeLimitMs);
  const ended = exitOf(child, command)
    .then(({ code }) => {
      if (late) throw new GitError(command, `took longer than ${timeLimitMs} ms and was ended`, null, stderr());
      return { code, stderr: stderr() };
    })
    .finally(() => {
      clearTimeout(limit);
      clearTimeout(grace);
    });
  // Whoever started it awaits `ended` after the output; a failure before that must not count as unhandled.
  ended.catch(() => {});
  return { child, stop, ended };
}

/** A request's body without its compression; null when it is compressed in a way that we do not know. */
export function requestBody(req: IncomingMessage): Readable | null {
  const encoding = (req.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return req;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') return null;
  const gunzip = createGunzip();
  // Errors of either end the other, and reach whoever reads the body.
  pipeline(req, gunzip, () => {});
  return gunzip;
}

/** How a body came to its end: `cut` when the client broke off or sent something broken. */
type BodyEnd = 'complete' | 'cut' | 'too-large';

/**
 * Writes a body into a process's input at the pace at which it is read, and closes the input. A process that has ended
 * gets no more, but the body is read to its end, because clients read the answer only after they have sent everything.
 */
export async function feed(stdin: Writable, body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<BodyEnd> {
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBytes) return 'too-large';
      await writeTo(stdin, chunk);
    }
    return 'complete';
  } catch {
    return 'cut';
  } finally {
    stdin.end();
  }
}

/** Reads a body to its end and forgets it; a client that takes too long is cut off. */
export async function discard(req: IncomingMessage, body: AsyncIterator<Uint8Array>): Promise<void> {
  const release = cutOffSlowSender(req);
  try {
    while (!(await body.next()).done);
  } catch {
    // The client has gone: there is nothing left to read.
  } finally {
    release();
  }
}

/** From now on the client has a minute to finish sending. Gives the function that lifts this. */
export function cutOffSlowSender(req: IncomingMessage): () => void {
  const timer = setTimeout(() => req.destroy(), DISCARD_MS);
  return () => clearTimeout(timer);
}

/** Writes and waits until there is room for more. False when the other side has gone; then nothing is written. */
export async function writeTo(sink: Writable | ServerResponse, chunk: Uint8Array): Promise<boolean> {
  if (sink.destroyed || sink.writableEnded) return false;
  if (sink.write(chunk)) return true;
  await new Promise<void>((resolve) => {
    const done = () => {
      sink.off('drain', done);
      sink.off('close', done);
      resolve();
    };
    sink.on('drain', done);
    sink.on('close', done);
  });
  return !sink.destroyed;
}
