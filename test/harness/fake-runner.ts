import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type {
  ArtifactFormat,
  ArtifactType,
  Features,
  JobDependency,
  JobPayload,
  JobRequest,
  JobUpdate,
  RegisterBody,
  RegisterReply,
  RunnerInfo,
} from '../../src/runner-api/wire.ts';
import { flagsSince } from './agent-flags.ts';
import { exchange } from './runner-exchange.ts';
import type { RunnerAnswer } from './runner-exchange.ts';
import { decodePayload, versionNumber } from './strict-payload.ts';

/**
 * An agent that does what it is told: every call of the runner protocol as an agent of a given version makes it, with the
 * fields, flags and headers of that version (runner protocol 4.1, 4.2, 6.1 and 16), and nothing by itself. For tests and
 * benches; it decodes payloads strictly and never retries.
 */

export interface FakeRunnerOptions {
  url: string;
  /** Runner authentication token. */
  token: string;
  /** Sent by agents from 15.8 on. */
  systemId?: string;
  /** Decides on fields and flags; 19.3.0 by default. */
  version?: string;
  /** Over the flags of the version. */
  features?: Features;
  executor?: string;
  labels?: Record<string, string>;
}

export interface RequestOptions {
  signal?: AbortSignal;
  /** Instead of the queue value that came last; null: none. */
  lastUpdate?: string | null;
  /** False: the job is not confirmed. */
  confirm?: boolean;
}

export interface Upload {
  type?: ArtifactType;
  format?: ArtifactFormat;
  filename?: string;
  bytes: Buffer;
  expireIn?: string;
}

export interface JobScript {
  /** The whole log. */
  log?: string | Buffer;
  /** Anything but 0 fails the job with `script_failure`. */
  exitCode?: number;
  failureReason?: string;
  artifacts?: Upload[];
}

/** Register and friends: `POST /runners` with the fields given. */
export function registerFakeRunner(url: string, body: RegisterBody): Promise<RunnerAnswer> {
  return exchange(url, { method: 'POST', path: '/runners', headers: jsonHeaders, body: Buffer.from(JSON.stringify(body)) });
}

export class FakeRunner {
  /** Where it calls; changed by whoever sends it to another server. */
  url: string;
  readonly token: string;
  readonly systemId: string;
  readonly version: string;
  readonly features: Features;
  /** The last queue value that the server sent. */
  lastUpdate: string | null = null;
  readonly #number: number;
  readonly #options: FakeRunnerOptions;
  /** Log bytes sent so far by job, for checksums. */
  readonly #logs = new Map<number, Buffer>();
  readonly #held = new Set<number>();

  constructor(options: FakeRunnerOptions) {
    this.#options = options;
    this.url = options.url;
    this.token = options.token;
    this.systemId = options.systemId ?? `r_${randomBytes(6).toString('hex')}`;
    this.version = options.version ?? '19.3.0';
    this.#number = versionNumber(this.version);
    const known = Object.entries(flagsSince).filter(([, first]) => this.knows(first));
    this.features = { ...Object.fromEntries(known.map(([flag]) => [flag, true])), ...options.features };
  }

  /** Registers with a registration token and gives the runner that came of it. Throws unless the answer is 201. */
  static async register(url: string, body: RegisterBody, options: Partial<FakeRunnerOptions> = {}): Promise<FakeRunner> {
    const answer = await registerFakeRunner(url, body);
    if (answer.status !== 201) throw new Error(`register was answered with ${answer.status}: ${answer.bytes.toString()}`);
    return new FakeRunner({ ...options, url, token: (answer.body as RegisterReply).token });
  }

  info(): RunnerInfo {
    return {
      name: 'gitlab-runner',
      version: this.version,
      revision: 'fake0000',
      platform: 'linux',
      architecture: 'amd64',
      executor: this.#options.executor ?? 'shell',
      shell: 'bash',
      features: this.features,
      ...(this.knows('14.0') ? { config: { gpus: '' } } : {}),
      ...(this.knows('18.5') && this.#options.labels ? { labels: this.#options.labels } : {}),
    };
  }

  /**
   * `POST /jobs/request`. `job` is the decoded payload of a 201. Throws a PayloadError when the real agent would drop the job. Agents
   * from 18.5 on then say at once that they have it (runner protocol 4.5), unless `confirm` is false; when they are told that it is
   * not theirs any more, they drop it and `job` is null.
   */
  async request(options: RequestOptions = {}): Promise<RunnerAnswer & { job: JobPayload | null }> {
    const lastUpdate = options.lastUpdate === undefined ? this.lastUpdate : options.lastUpdate;
    const body: JobRequest = {
      info: this.info(),
      token: this.token,
      ...(lastUpdate === null ? {} : { last_update: lastUpdate }),
      ...(this.knows('15.8') ? { system_id: this.systemId } : {}),
    };
    const answer = await this.#json('POST', '/jobs/request', body, this.#runnerHeaders(), options.signal);
    const header = answer.headers['x-gitlab-last-update'];
    if (typeof header === 'string' && header !== '') this.lastUpdate = header;
    if (answer.status !== 201) return { ...answer, job: null };
    this.#mustBeJson(answer);
    const job = decodePayload(answer.bytes.toString(), this.version);
    const isTaken = options.confirm === false || !this.knows('18.5') || (await this.#confirm(job));
    return { ...answer, job: isTaken ? job : null };
  }

  /** False when the agent drops the job without another word. Any other answer, an error too, lets it run. */
  async #confirm(job: JobPayload): Promise<boolean> {
    const { status, headers } = await this.update(job, 'running');
    return status !== 403 && status !== 404 && !['canceled', 'failed'].includes(String(headers['job-status']));
  }

  /** Asks until there is a job. Throws when `attempts` requests gave none. */
  async nextJob(attempts = 50): Promise<JobPayload> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { job } = await this.request();
      if (job !== null) return job;
    }
    throw new Error(`no job after ${attempts} requests`);
  }

  /** What the agent holds for the whole log, for the checksums of its updates; without this, what the server has taken. */
  holdLog(job: Pick<JobPayload, 'id'>, bytes: Buffer): void {
    this.#logs.set(job.id, bytes);
    this.#held.add(job.id);
  }

  /** `PUT /jobs/:id`. The checksum and size of the log come with it as far as the version sends them. */
  update(job: JobPayload, state: JobUpdate['state'], extra: Partial<JobUpdate> = {}): Promise<RunnerAnswer> {
    const log = this.#logs.get(job.id) ?? Buffer.alloc(0);
    const checksum = `crc32:${crc32(log).toString(16).padStart(8, '0')}`;
    const { exit_code: exitCode, ...rest } = extra;
    const body: JobUpdate = {
      info: this.info(),
      token: job.token,
      state,
      ...(this.knows('13.4') ? { checksum } : {}),
      ...(this.knows('13.7') ? { output: { checksum, bytesize: log.length } } : {}),
      ...(this.knows('13.7') && exitCode !== undefined && exitCode !== 0 ? { exit_code: exitCode } : {}),
      ...rest,
    };
    const headers = this.knows('17.11') ? { 'JOB-TOKEN': job.token } : {};
    return this.#json('PUT', `/jobs/${job.id}`, body, headers);
  }

  /** `PATCH /jobs/:id/trace` with `bytes` at `offset`; what it sent counts for the checksum of later updates. */
  async patchTrace(job: JobPayload, bytes: string | Buffer, offset: number, headers: Record<string, string> = {}): Promise<RunnerAnswer> {
    const body = Buffer.from(bytes);
    const answer = await exchange(this.url, {
      method: 'PATCH',
      path: `/jobs/${job.id}/trace${this.knows('15.9') ? '?debug_trace=false' : ''}`,
      headers: {
        ...this.#commonHeaders(),
        'JOB-TOKEN': job.token,
        'Content-Type': 'text/plain',
        'Content-Range': `${offset}-${offset + body.length - 1}`,
        ...headers,
      },
      body,
    });
    if (answer.status === 202 && !this.#held.has(job.id)) {
      const before = this.#logs.get(job.id) ?? Buffer.alloc(0);
      this.#logs.set(job.id, Buffer.concat([before.subarray(0, offset), body]));
    }
    return answer;
  }

  /** `POST /jobs/:id/artifacts`: one file as chunked multipart, as the agent's uploader sends it. */
  uploadArtifact(job: JobPayload, upload: Upload): Promise<RunnerAnswer> {
    const { type = 'archive', format = 'zip', filename = 'artifacts.zip', bytes, expireIn } = upload;
    const query = new URLSearchParams({ artifact_format: format, artifact_type: type });
    if (expireIn !== undefined) query.set('expire_in', expireIn);
    const boundary = randomBytes(30).toString('hex');
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
    return exchange(this.url, {
      method: 'POST',
      path: `/jobs/${job.id}/artifacts?${query.toString()}`,
      headers: { 'JOB-TOKEN': job.token, 'Content-Type': `multipart/form-data; boundary=${boundary}` },
      body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
      chunked: true,
    });
  }

  /** `GET /jobs/:id/artifacts` of a dependency, or of a job itself. Redirects are given back, not followed. */
  downloadArtifact(from: Pick<JobDependency, 'id' | 'token'>): Promise<RunnerAnswer> {
    const query = this.knows('13.0') ? '?direct_download=true' : '';
    return exchange(this.url, { method: 'GET', path: `/jobs/${from.id}/artifacts${query}`, headers: { 'JOB-TOKEN': from.token } });
  }

  /** A whole job as the version runs it: artifacts first, then the log, then the final update, whose answer is given back. */
  async runJob(job: JobPayload, script: JobScript = {}): Promise<RunnerAnswer> {
    for (const upload of script.artifacts ?? []) expectStatus(await this.uploadArtifact(job, upload), 201);
    const log = Buffer.from(script.log ?? `job ${job.id}\n`);
    const patchSize = this.knows('11.11') ? 1024 * 1024 : log.length;
    for (let offset = 0; offset < log.length; offset += patchSize) {
      expectStatus(await this.patchTrace(job, log.subarray(offset, offset + patchSize), offset), 202);
    }
    const exitCode = script.exitCode ?? 0;
    if (exitCode === 0 && script.failureReason === undefined) return this.update(job, 'success');
    return this.update(job, 'failed', { exit_code: exitCode, failure_reason: script.failureReason ?? 'script_failure' });
  }

  /** `POST /runners/verify`. */
  verify(): Promise<RunnerAnswer> {
    const body = {
      token: this.token,
      ...(this.knows('15.10') ? { system_id: this.systemId } : {}),
      ...(this.knows('19.3') ? { info: this.info() } : {}),
    };
    return this.#json('POST', '/runners/verify', body, this.#runnerHeaders());
  }

  /** `DELETE /runners`, or `DELETE /runners/managers` for a token that agents since 16.0 know to be shared. */
  unregister(): Promise<RunnerAnswer> {
    if (!this.knows('16.0') || !this.token.startsWith('glrt-')) {
      return this.#json('DELETE', '/runners', { token: this.token }, this.#runnerHeaders());
    }
    return this.#json('DELETE', '/runners/managers', { token: this.token, system_id: this.systemId }, this.#runnerHeaders());
  }

  /** `POST /runners/reset_authentication_token`. */
  resetToken(): Promise<RunnerAnswer> {
    return this.#json('POST', '/runners/reset_authentication_token', { token: this.token });
  }

  /** Whether agents of its version have what came with `version`. */
  knows(version: string): boolean {
    return this.#number >= versionNumber(version);
  }

  #commonHeaders(): Record<string, string> {
    return {
      'User-Agent': `gitlab-runner ${this.version} (fake; go1.19.8; linux/amd64)`,
      'Accept-Encoding': 'identity',
      ...(this.knows('18.1') ? { 'X-Request-Id': randomBytes(16).toString('hex') } : {}),
    };
  }

  #runnerHeaders(): Record<string, string> {
    return { Accept: 'application/json', ...(this.knows('17.11') ? { 'RUNNER-TOKEN': this.token } : {}) };
  }

  #json(method: string, path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<RunnerAnswer> {
    const all = { ...this.#commonHeaders(), ...jsonHeaders, ...headers };
    return exchange(this.url, { method, path, headers: all, body: Buffer.from(JSON.stringify(body)), signal });
  }

  #mustBeJson(answer: RunnerAnswer): void {
    if (!/^application\/json\s*(;|$)/.test(answer.headers['content-type'] ?? '')) {
      throw new Error(`the agent drops an answer of type ${answer.headers['content-type']}`);
    }
  }
}

const jsonHeaders = { 'Content-Type': 'application/json' };

function expectStatus(answer: RunnerAnswer, status: number): void {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${answer.bytes.toString()}`);
}
