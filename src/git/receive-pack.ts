import type { IncomingMessage, ServerResponse } from 'node:http';
import { beginReply, failReply } from './git-reply.ts';
import type { GitSetting } from './git-process.ts';
import { FLUSH, PktLineParser, pktLine, sideBand } from './pkt-line.ts';
import { FAST_FORWARD_ONLY } from './pre-receive-hook.ts';
import { PushRequestError, readPushRequest } from './push-request.ts';
import type { PushRequest } from './push-request.ts';
import { isZeroOid } from './ref-name.ts';
import { PIPELINE_REFS, refs } from './refs.ts';
import type { RefUpdate } from './refs.ts';
import type { Repository } from './repository.ts';
import { cutOffSlowSender, discard, feed, startService, writeTo } from './service-process.ts';

/** What is pushed: the refs to be moved and the texts given with `git push -o`. */
export interface Push {
  updates: RefUpdate[];
  pushOptions: string[];
}

export interface PushDecision {
  /** Why the whole push is refused, as its user shall read it; null: it may go on. */
  refusal: string | null;
  /** Full names of those refs of the push that may not be moved by force. */
  fastForwardOnly: readonly string[];
}

export interface ReceiveOptions {
  /** A push whose objects take more than this is refused. */
  maxPackBytes: number;
  /** A fetch or push that takes longer is ended. */
  timeLimitMs: number;
  /** Decides about a push by its refs, before any object is taken. */
  beforeReceive(push: Push): Promise<PushDecision>;
  /**
   * Hears which refs have moved, before the one who pushed hears that all is well, so that what follows from a push is as
   * safe as the push itself. The lines that it gives are shown to them. Called only when a ref has moved, even if the
   * client is gone by then.
   */
  afterReceive(push: Push): Promise<readonly string[]>;
}

interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  body: AsyncIterable<Uint8Array>;
}

const SERVICE = 'git-receive-pack';

/**
 * Serves a push: reads its commands, asks whether they may be done, lets git do them and says which were. A push whose
 * client goes away is not ended by force: git finishes it when it has everything and gives up by itself when not, so no
 * ref ever moves unheard. Throws what the caller's functions throw, and `GitError`.
 */
export async function serveReceivePack(
  repository: Repository,
  { req, res, body }: Exchange,
  options: ReceiveOptions,
  environment: { env: Record<string, string>; settings: readonly GitSetting[] },
): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  let request: PushRequest;
  try {
    request = await readPushRequest(chunks);
  } catch (error) {
    await discard(req, chunks);
    failReply(res, 400, error instanceof PushRequestError ? error.message : 'The request could not be read.');
    return;
  }
  if (request.updates.length === 0) {
    // Before a long push, git sends an empty one to see whether it may sign in.
    await discard(req, chunks);
    beginReply(res, SERVICE, 'result');
    res.end();
    return;
  }
  const { updates, pushOptions } = request;
  const decision = await decide(request, options);
  if (decision.refusal !== null) {
    await discard(req, chunks);
    beginReply(res, SERVICE, 'result');
    res.end(refusalReport(request, decision.refusal));
    return;
  }

  const received = await receive(repository, { req, res }, { request, chunks }, decision, options, environment);
  const { report } = received;
  let failure = received.failure;
  const moved = await movedRefs(repository, updates, report);
  let lines: readonly string[] = [];
  if (moved.length > 0) {
    try {
      lines = await options.afterReceive({ updates: moved, pushOptions });
    } catch (error) {
      failure ??= error;
      lines = ['The push is stored, but what should follow from it has failed; the administrator finds the reason in the log.'];
    }
  }
  if (received.failure !== null) throw received.failure;
  beginReply(res, SERVICE, 'result');
  if (usesSideBand(request)) {
    for (const line of lines) await writeTo(res, sideBand(2, `${line}\n`));
    await writeTo(res, Buffer.concat([sideBand(1, report), FLUSH]));
  } else {
    await writeTo(res, report);
  }
  res.end();
  if (failure !== null) throw failure;
}

/**
 * The refs of pipelines are the server's own. Git would refuse them too, being told to hide them, but do the rest of the
 * push, even of one that is to be done whole or not at all.
 */
async function decide({ updates, pushOptions }: PushRequest, options: ReceiveOptions): Promise<PushDecision> {
  const reserved = updates.find(({ ref }) => ref.startsWith(PIPELINE_REFS));
  if (reserved !== undefined) return { refusal: `${reserved.ref} belongs to the server and cannot be pushed.`, fastForwardOnly: [] };
  return options.beforeReceive({ updates, pushOptions });
}

/**
 * Lets git take the objects and move the refs. Hands its messages on and gives its report, which waits. A failure does not
 * throw yet: some refs may have moved before it.
 */
async function receive(
  repository: Repository,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
  { request, chunks }: { request: PushRequest; chunks: AsyncIterator<Uint8Array> },
  decision: PushDecision,
  options: ReceiveOptions,
  environment: { env: Record<string, string>; settings: readonly GitSetting[] },
): Promise<{ report: Buffer; failure: unknown }> {
  const settings = [...environment.settings];
  const env = { ...environment.env };
  if (decision.fastForwardOnly.length > 0) {
    settings.push(['core.hooksPath', repository.hooksDir]);
    env[FAST_FORWARD_ONLY] = decision.fastForwardOnly.join(' ');
  }
  const service = startService(['receive-pack', '--stateless-rpc', repository.gitDir], res, options.timeLimitMs, { settings, env });
  // Git itself counts the objects' bytes and gives up over the limit; what still comes is dropped.
  const feeding = feed(service.child.stdin, chain(request.bytes, chunks), Number.POSITIVE_INFINITY);

  const report: Buffer[] = [];
  let failure: unknown = null;
  try {
    for await (const message of progress(service.child.stdout, usesSideBand(request), report)) {
      beginReply(res, SERVICE, 'result');
      await writeTo(res, message);
    }
    await service.ended;
  } catch (error) {
    service.stop();
    failure = error;
  }
  const release = cutOffSlowSender(req);
  const fed = feeding.then(release);
  if (failure === null) await fed;
  return { report: Buffer.concat(report), failure };
}

/** Gives git's messages as they come and puts its report aside; without bands there is nothing but the report. */
async function* progress(output: AsyncIterable<Buffer>, banded: boolean, report: Buffer[]): AsyncGenerator<Buffer> {
  const parser = new PktLineParser();
  for await (const chunk of output) {
    if (!banded) {
      report.push(chunk);
      continue;
    }
    parser.push(chunk);
    for (let packet = parser.next(); packet !== undefined; packet = parser.next()) {
      if (packet?.[0] === 1) report.push(packet.subarray(1));
      else if (packet !== null) yield pktLine(packet);
    }
  }
}

async function* chain(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (;;) {
    const { value, done } = await rest.next();
    if (done) return;
    yield value;
  }
}

/**
 * Which updates were done: by git's report, which is exact even when others push at the same time; without one (the
 * client did not ask for it, or git died) by looking where the refs are now.
 */
async function movedRefs(repository: Repository, updates: readonly RefUpdate[], report: Buffer): Promise<RefUpdate[]> {
  const real = updates.filter(({ before, after }) => before !== after);
  const accepted = acceptedRefs(report);
  if (accepted !== null) return real.filter(({ ref }) => accepted.has(ref));
  const now = new Map((await refs(repository)).map(({ name, oid }) => [name, oid]));
  return real.filter(({ ref, after }) => (isZeroOid(after) ? !now.has(ref) : now.get(ref) === after));
}

/** Reads `unpack ok`, `ok <ref>`, `ng <ref> <reason>`. Null when there is no report. */
function acceptedRefs(report: Buffer): Set<string> | null {
  const parser = new PktLineParser();
  parser.push(report);
  const accepted = new Set<string>();
  let complete = false;
  for (let packet = parser.next(); packet !== undefined; packet = parser.next()) {
    if (packet === null) {
      complete = true;
      break;
    }
    const found = /^ok (?<ref>[^\n]+)/.exec(packet.toString('utf8'))?.groups;
    if (found !== undefined) accepted.add(found['ref'] ?? '');
  }
  return complete ? accepted : null;
}

/** The answer to a push that must not happen, in the form in which git shows it: as remote's message and at every ref. */
function refusalReport(request: PushRequest, message: string): Buffer {
  const reason = usesSideBand(request) ? 'pre-receive hook declined' : (message.split('\n', 1)[0] ?? '');
  const lines = request.updates.map(({ ref }) => pktLine(`ng ${ref} ${reason}\n`));
  const report = Buffer.concat([pktLine('unpack ok\n'), ...lines, FLUSH]);
  if (!usesSideBand(request)) return report;
  return Buffer.concat([sideBand(2, `${message}\n`), sideBand(1, report), FLUSH]);
}

function usesSideBand(request: PushRequest): boolean {
  return request.capabilities.has('side-band-64k');
}
