import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobPayload, JobUpdate } from '../../src/runner-api/wire.ts';
import { makeRepository, serveRepository } from './peer-git.ts';
import type { PeerRepository } from './peer-git.ts';
import { samplePayload } from './sample-payload.ts';

/**
 * The server's side of the runner protocol in the smallest form that a runner can work with: a queue of payloads, a log, updates and
 * artifacts of each job, and a real git repository behind the 401 challenge. It keeps everything that it was told, and misbehaves on request.
 */

/** One request as it came. */
export interface PeerCall {
  method: string;
  /** Below `/api/v4`, with the query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Milliseconds, only for comparing. */
  at: number;
}

export interface PeerReply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface PeerUpload {
  query: Record<string, string>;
  filename: string;
  bytes: Buffer;
}

/** What the peer knows of a job. */
export interface PeerJob {
  payload: JobPayload;
  log: Buffer;
  updates: JobUpdate[];
  uploads: PeerUpload[];
  /** Sent as `Job-Status`. */
  status: string;
}

export interface JobText {
  script: string[];
  after?: string[];
  /** Over the checkout of the peer's own repository. */
  git?: Partial<JobPayload['git_info']>;
  /** Over the payload that comes of the rest. */
  more?: Partial<JobPayload>;
}

export class ProtocolPeer implements AsyncDisposable {
  readonly root: string;
  readonly repository: PeerRepository;
  readonly calls: PeerCall[] = [];
  readonly jobs = new Map<number, PeerJob>();
  /** Archives by job id, for dependencies. */
  readonly archives = new Map<number, Buffer>();
  /** Answers in the peer's place when it gives a reply; it may also destroy the connection and give `gone`. */
  intercept: (call: PeerCall, request: IncomingMessage) => PeerReply | 'gone' | null = () => null;
  #server: Server | null = null;
  #port = 0;
  readonly #queue: JobPayload[] = [];
  #lastId = 100;

  private constructor(root: string, repository: PeerRepository) {
    this.root = root;
    this.repository = repository;
  }

  static async start(files: Record<string, string> = { 'README.md': 'hello\n' }): Promise<ProtocolPeer> {
    const root = await mkdtemp(join(tmpdir(), 'baton-peer-'));
    const peer = new ProtocolPeer(root, await makeRepository(root, 'dock/harbor', files));
    await peer.listen();
    return peer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Opens the server, after `close` at the same port as before. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Cuts all connections and refuses new ones. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    server?.closeAllConnections();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  /** Puts a job into the queue: the next request gets it. */
  give({ script, after, git, more }: JobText): PeerJob {
    const id = ++this.#lastId;
    const token = `glcbt-token-of-job-${id}`;
    const sample = samplePayload();
    const step = { timeout: 3600, allow_failure: false };
    const payload: JobPayload = {
      ...sample,
      id,
      token,
      git_info: {
        ...sample.git_info,
        repo_url: `http://gitlab-ci-token:${token}@127.0.0.1:${this.#port}/${this.repository.path}.git`,
        sha: this.repository.sha,
        refspecs: ['+refs/pipelines/1:refs/pipelines/1', '+refs/heads/main:refs/remotes/origin/main'],
        ...git,
      },
      variables: [{ key: 'CI', value: 'true', public: true }],
      steps: [
        { ...step, name: 'script', script, when: 'on_success' },
        ...(after === undefined ? [] : [{ ...step, name: 'after_script' as const, script: after, when: 'always' as const }]),
      ],
      image: null,
      services: [],
      hooks: [],
      artifacts: null,
      cache: [],
      credentials: [],
      dependencies: [],
      ...more,
    };
    const job: PeerJob = { payload, log: Buffer.alloc(0), updates: [], uploads: [], status: 'running' };
    this.jobs.set(id, job);
    this.#queue.push(payload);
    return job;
  }

  /** The last word about a job; null while it runs. */
  end(job: PeerJob): JobUpdate | null {
    return job.updates.find((update) => update.state === 'success' || update.state === 'failed') ?? null;
  }

  /** Calls whose method and path are like `PATCH /jobs/101/trace`. */
  callsLike(pattern: RegExp): PeerCall[] {
    return this.calls.filter((call) => pattern.test(`${call.method} ${call.path}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await rm(this.root, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    if (!path.startsWith('/api/v4/')) return this.#git(request, response);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the runner went away in the middle of it
    }
    const call: PeerCall = {
      method: request.method ?? '',
      path: path.slice('/api/v4'.length),
      headers: request.headers,
      body: Buffer.concat(chunks),
      at: performance.now(),
    };
    this.calls.push(call);
    const reply = this.intercept(call, request) ?? this.#answer(call);
    if (reply === 'gone') return;
    response.writeHead(reply.status, { 'Content-Type': 'application/json', ...reply.headers }).end(reply.body);
  }

  #git(request: IncomingMessage, response: ServerResponse): void {
    const given = Buffer.from(request.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
    const isKnown = [...this.jobs.values()].some((job) => given === `gitlab-ci-token:${job.payload.token}`);
    if (isKnown) return serveRepository(this.root, request, response);
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="Baton"' }).end();
  }

  #answer(call: PeerCall): PeerReply {
    if (call.path === '/jobs/request') {
      const payload = this.#queue.shift();
      if (payload !== undefined) return { status: 201, body: JSON.stringify(payload) };
      return { status: 204, headers: { 'X-GitLab-Last-Update': 'queue-value' } };
    }
    const match = /^\/jobs\/(?<id>\d+)(?<rest>\/[a-z]+)?(\?(?<query>.*))?$/.exec(call.path);
    const id = Number(match?.groups?.['id']);
    if (call.method === 'GET') return this.#archive(id);
    const job = this.jobs.get(id);
    if (job === undefined) return { status: 404 };
    const headers = { 'Job-Status': job.status };
    if (call.method === 'PUT') {
      const update = JSON.parse(call.body.toString()) as JobUpdate;
      job.updates.push(update);
      return { status: 200, headers, body: '200' };
    }
    if (call.method === 'PATCH') return append(job, call, headers);
    job.uploads.push({ query: Object.fromEntries(new URLSearchParams(match?.groups?.['query'] ?? '')), ...readForm(call.body) });
    return { status: 201, body: '{}' };
  }

  #archive(id: number): PeerReply {
    const body = this.archives.get(id);
    return body === undefined ? { status: 404 } : { status: 200, headers: { 'Content-Type': 'application/zip' }, body };
  }
}

function append(job: PeerJob, call: PeerCall, headers: Record<string, string>): PeerReply {
  const offset = Number.parseInt(call.headers['content-range'] ?? '', 10);
  if (offset !== job.log.length) return { status: 416, headers: { ...headers, Range: `0-${job.log.length}` } };
  job.log = Buffer.concat([job.log, call.body]);
  return { status: 202, headers: { ...headers, Range: `0-${job.log.length}` } };
}

/** Name and content of the one file in a form. */
function readForm(body: Buffer): { filename: string; bytes: Buffer } {
  const headEnd = body.indexOf('\r\n\r\n');
  const head = body.subarray(0, headEnd).toString();
  const boundary = head.slice(0, head.indexOf('\r\n'));
  return {
    filename: /filename="(?<name>[^"]*)"/.exec(head)?.groups?.['name'] ?? '',
    bytes: body.subarray(headEnd + 4, body.lastIndexOf(`\r\n${boundary}--`)),
  };
}
