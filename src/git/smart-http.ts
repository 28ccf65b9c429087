import type { IncomingMessage, ServerResponse } from 'node:http';
import { beginReply, failReply } from './git-reply.ts';
import { GitError } from './git-process.ts';
import type { GitSetting } from './git-process.ts';
import type { GitService } from './git-url.ts';
import { FLUSH, pktLine } from './pkt-line.ts';
import { serveReceivePack } from './receive-pack.ts';
import type { ReceiveOptions } from './receive-pack.ts';
import type { Repository } from './repository.ts';
import { cutOffSlowSender, feed, requestBody, startService, writeTo } from './service-process.ts';
import type { ServeSlots } from './serve-slots.ts';

export interface ServeOptions extends ReceiveOptions {
  service: GitService;
  /** True for `GET …/info/refs`, false for `POST …/<service>`. */
  advertise: boolean;
  /** Limits how many fetches and pushes run at once. */
  slots: ServeSlots;
}

/** More wants and haves than fit into this (decompressed) are no fetch. */
const MAX_FETCH_BYTES = 64 * 1024 * 1024;

/**
 * Any commit that the repository holds can be asked for by its id, in all protocol versions alike (version 2 does not
 * check): agents fetch a job's commit, reachable from its branch, its tag or `refs/pipelines/*` (runner protocol 10).
 */
const UPLOAD_SETTINGS: readonly GitSetting[] = [
  ['uploadpack.allowAnySHA1InWant', 'true'],
  ['uploadpack.allowFilter', 'true'],
];

/** What receive-pack offers and accepts. The refs of pipelines are the server's own. */
function receiveSettings(maxPackBytes: number): GitSetting[] {
  return [
    ['receive.hideRefs', 'refs/pipelines'],
    ['receive.advertisePushOptions', 'true'],
    ['receive.maxInputSize', String(maxPackBytes)],
    // One pack per push: one file to bring to the disk instead of up to a hundred.
    ['receive.unpackLimit', '1'],
    // Packing is the server's business (maintainRepository); nobody who pushes waits for it.
    ['receive.autogc', 'false'],
    ['receive.fsckObjects', 'true'],
    // Flaws of histories made by old tools, which nobody can mend any more.
    ['receive.fsck.badTimezone', 'ignore'],
    ['receive.fsck.missingSpaceBeforeDate', 'ignore'],
    ['receive.fsck.zeroPaddedFilemode', 'ignore'],
  ];
}

/**
 * Serves one request of git's smart HTTP protocol (versions 0 to 2) on a repository that the caller may use: who may
 * fetch or push at all has been decided, `beforeReceive` decides about single refs. Answers every request itself; the
 * promise ends when the exchange is over. It rejects for faults of the server's (a `GitError`, or what the caller's
 * functions have thrown), after the client has had its answer, so that somebody can log them.
 */
export async function serveGit(repository: Repository, req: IncomingMessage, res: ServerResponse, options: ServeOptions): Promise<void> {
  const env = protocolEnvironment(req);
  const settings = options.service === 'git-upload-pack' ? UPLOAD_SETTINGS : receiveSettings(options.maxPackBytes);
  try {
    if (options.advertise) await advertise(repository, req, res, options, { env, settings });
    else await exchange(repository, req, res, options, { env, settings });
  } catch (error) {
    failReply(res, 500, 'The repository could not be served.');
    throw error;
  }
}

/** Checks the form of a fetch or push, waits for its turn and serves it. */
async function exchange(
  repository: Repository,
  req: IncomingMessage,
  res: ServerResponse,
  options: ServeOptions,
  environment: Environment,
): Promise<void> {
  if (req.headers['content-type'] !== `application/x-${options.service}-request`) {
    failReply(res, 415, `The body must be of type application/x-${options.service}-request.`);
    return;
  }
  const body = requestBody(req);
  if (body === null) {
    failReply(res, 415, 'The body may be compressed with gzip or not at all.');
    return;
  }
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const handBack = await options.slots.take(gone.signal);
  if (handBack === null) return;
  try {
    if (options.service === 'git-upload-pack') await upload(repository, { req, res, body }, options, environment);
    else await serveReceivePack(repository, { req, res, body }, options, environment);
  } finally {
    handBack();
  }
}

interface Environment {
  env: Record<string, string>;
  settings: readonly GitSetting[];
}

/** The protocol version that the client would like; git ignores what it does not know. */
function protocolEnvironment(req: IncomingMessage): Record<string, string> {
  const wanted = req.headers['git-protocol'];
  return typeof wanted === 'string' && /^[\w=.:-]{1,256}$/.test(wanted) ? { GIT_PROTOCOL: wanted } : {};
}

async function advertise(
  repository: Repository,
  req: IncomingMessage,
  res: ServerResponse,
  { service, timeLimitMs }: ServeOptions,
  environment: Environment,
): Promise<void> {
  const args = [service.replace('git-', ''), '--stateless-rpc', '--advertise-refs', repository.gitDir];
  // Version 2 starts without the line that names the service, but only fetches know version 2.
  const bare = service === 'git-upload-pack' && /(?:^|:)version=2(?:$|:)/.test(environment.env['GIT_PROTOCOL'] ?? '');
  const head = bare ? [] : [pktLine(`# service=${service}\n`), FLUSH];
  await relay(req, res, { service, kind: 'advertisement', args, head, timeLimitMs, environment, input: null });
}

async function upload(
  repository: Repository,
  { req, res, body }: { req: IncomingMessage; res: ServerResponse; body: AsyncIterable<Uint8Array> },
  { service, timeLimitMs }: ServeOptions,
  environment: Environment,
): Promise<void> {
  const args = ['upload-pack', '--stateless-rpc', repository.gitDir];
  await relay(req, res, { service, kind: 'result', args, head: [], timeLimitMs, environment, input: body });
}

interface Relay {
  service: GitService;
  kind: 'advertisement' | 'result';
  args: string[];
  head: Buffer[];
  timeLimitMs: number;
  environment: Environment;
  input: AsyncIterable<Uint8Array> | null;
}

/** Runs a service that only reads, and hands its output to the client. It is ended when the client goes away. */
async function relay(req: IncomingMessage, res: ServerResponse, job: Relay): Promise<void> {
  if (res.destroyed) return;
  const service = startService(job.args, res, job.timeLimitMs, job.environment);
  res.once('close', service.stop);
  const feeding = job.input === null ? Promise.resolve('complete') : feed(service.child.stdin, job.input, MAX_FETCH_BYTES);
  if (job.input === null) service.child.stdin.end();

  // The head waits for the first output, so that a service that fails at once can still be answered with an error.
  for await (const chunk of service.child.stdout) {
    const first = !res.headersSent;
    beginReply(res, job.service, job.kind);
    if (first) for (const packet of job.head) await writeTo(res, packet);
    if (!(await writeTo(res, chunk as Buffer))) break;
  }
  const { code, stderr } = await service.ended;
  const release = cutOffSlowSender(req);
  void feeding.then(release);
  if (res.destroyed) return;
  if (code === 0 || res.headersSent) {
    // A fetch that fails has told the client in its output ("upload-pack: not our ref …").
    beginReply(res, job.service, job.kind);
    res.end();
    return;
  }
  const bodyEnd = await feeding;
  if (bodyEnd === 'too-large') failReply(res, 413, 'The request is too large.');
  else if (job.input !== null) failReply(res, 400, 'The request is not what git would send.');
  else throw new GitError(job.args[0] ?? 'git', stderr, code, stderr);
}
