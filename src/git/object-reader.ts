import { collectStderr, exitOf, firstLine, GitError, killGit, spawnGit } from './git-process.ts';

/**
 * Reads objects of many repositories through a few long-lived `git cat-file --batch` processes, one per repository in
 * use: an answer takes a fraction of the time that starting a process takes. A process that nobody asks for a while is
 * ended, and so is the one that rested longest when there are too many.
 */

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface GitObject {
  oid: string;
  type: ObjectType;
  bytes: Buffer;
}

/** An object that is larger than the caller is ready to take. Sizes in bytes. */
export class ObjectTooLarge extends Error {
  override readonly name = 'ObjectTooLarge';
  readonly size: number;
  readonly limit: number;
  constructor(object: string, size: number, limit: number) {
    super(`${object} has ${size} bytes, more than the ${limit} that can be read here`);
    this.size = size;
    this.limit = limit;
  }
}

export interface ObjectReaderOptions {
  /** Processes kept at once (default 16). */
  maxProcesses?: number;
  /** A process that was not asked for so long is ended (default 30 s). */
  idleMs?: number;
}

interface Request {
  name: string;
  maxBytes: number;
  resolve(object: GitObject | null): void;
  reject(error: Error): void;
}

export class ObjectReader implements AsyncDisposable {
  readonly #batches = new Map<string, Batch>();
  readonly #maxProcesses: number;
  readonly #idleMs: number;

  constructor(options: ObjectReaderOptions = {}) {
    this.#maxProcesses = options.maxProcesses ?? 16;
    this.#idleMs = options.idleMs ?? 30_000;
  }

  /**
   * The object that `name` stands for: an object id, `<commit id>:<path>`, `<id>^{commit}`. Null when there is none.
   * The caller vouches for the name's form: what users send is first turned into an object id (`resolveRef`).
   * Throws `ObjectTooLarge` when the object has more than `maxBytes` bytes, `GitError` when git fails.
   */
  async read(gitDir: string, name: string, maxBytes: number): Promise<GitObject | null> {
    if (/[\n\0]/.test(name)) return null;
    return new Promise((resolve, reject) => this.#batch(gitDir).ask({ name, maxBytes, resolve, reject }));
  }

  /** How many processes are kept right now. */
  get processes(): number {
    return this.#batches.size;
  }

  /** Ends the process that has the repository open, once it has answered what it was asked. */
  async release(gitDir: string): Promise<void> {
    const batch = this.#batches.get(gitDir);
    this.#batches.delete(gitDir);
    await batch?.end();
  }

  /** Ends all processes. The reader can still be used afterwards: it starts new ones. */
  async close(): Promise<void> {
    await Promise.all([...this.#batches.keys()].map((gitDir) => this.release(gitDir)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #batch(gitDir: string): Batch {
    let batch = this.#batches.get(gitDir);
    if (batch === undefined) {
      this.#makeRoom();
      batch = new Batch(gitDir, this.#idleMs, (ended, unanswered) => {
        if (this.#batches.get(gitDir) === ended) this.#batches.delete(gitDir);
        for (const request of unanswered) this.#batch(gitDir).ask(request);
      });
    } else {
      this.#batches.delete(gitDir);
    }
    // A map keeps the order of insertion, so the process used longest ago stands first.
    this.#batches.set(gitDir, batch);
    return batch;
  }

  #makeRoom(): void {
    if (this.#batches.size < this.#maxProcesses) return;
    for (const [gitDir, batch] of this.#batches) {
      if (batch.busy) continue;
      this.#batches.delete(gitDir);
      void batch.end();
      return;
    }
  }
}

/** One `git cat-file --batch`: requests go out as they come, answers come back in the same order. */
class Batch {
  readonly #child;
  readonly #closed: Promise<unknown>;
  readonly #waiting: Request[] = [];
  readonly #idleMs: number;
  readonly #onEnd: (batch: Batch, unanswered: Request[]) => void;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Bytes that must have come before there is something to parse. */
  #needed = 1;
  #header: { oid: string; type: ObjectType; size: number } | null = null;
  #idleTimer: NodeJS.Timeout | null = null;

  /** `onEnd` hears that no more may be asked here, and which requests somebody else must answer. */
  constructor(gitDir: string, idleMs: number, onEnd: (batch: Batch, unanswered: Request[]) => void) {
    this.#idleMs = idleMs;
    this.#onEnd = onEnd;
    this.#child = spawnGit([`--git-dir=${gitDir}`, 'cat-file', '--batch']);
    const stderr = collectStderr(this.#child);
    this.#child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#closed = exitOf(this.#child, 'cat-file').then(
      ({ code }) => this.#stop(new GitError('cat-file', firstLine(stderr()) || 'ended before it answered', code, stderr())),
      (error: Error) => this.#stop(error),
    );
  }

  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  ask(request: Request): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    this.#waiting.push(request);
    this.#child.stdin.write(`${request.name}\n`);
  }

  async end(): Promise<void> {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#child.stdin.end();
    await this.#closed;
  }

  #retire(): void {
    this.#onEnd(this, []);
    void this.end();
  }

  /** Answers everybody who still waits, and leaves the pool. */
  #stop(error: Error): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#onEnd(this, []);
    for (const request of this.#waiting.splice(0)) request.reject(error);
  }

  #take(chunk: Buffer): void {
    if (!this.busy) return;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (this.#buffered >= this.#needed && this.busy) {
      const bytes = this.#chunks.length === 1 ? (this.#chunks[0] ?? chunk) : Buffer.concat(this.#chunks);
      this.#chunks = [bytes];
      const used = this.#header === null ? this.#takeHeader(bytes) : this.#takeBody(bytes, this.#header);
      if (used === 0) return;
      this.#chunks = used === bytes.length ? [] : [bytes.subarray(used)];
      this.#buffered = bytes.length - used;
    }
  }

  /** The line before an object. Returns how many bytes were used, 0 when the line is not complete. */
  #takeHeader(bytes: Buffer): number {
    const end = bytes.indexOf(0x0a);
    if (end < 0) return 0;
    const line = bytes.toString('utf8', 0, end);
    const found = /^(?<oid>[0-9a-f]{40,64}) (?<type>blob|tree|commit|tag) (?<size>\d+)$/.exec(line)?.groups;
    if (found === undefined) {
      // "<name> missing", "<name> ambiguous"
      this.#answer()?.resolve(null);
      return end + 1;
    }
    const size = Number(found['size']);
    const request = this.#waiting[0];
    if (request !== undefined && size > request.maxBytes) this.#refuse(request, size);
    this.#header = { oid: found['oid'] ?? '', type: found['type'] as ObjectType, size };
    this.#needed = size + 1;
    return end + 1;
  }

  #takeBody(bytes: Buffer, header: { oid: string; type: ObjectType; size: number }): number {
    this.#header = null;
    this.#needed = 1;
    this.#answer()?.resolve({ oid: header.oid, type: header.type, bytes: bytes.subarray(0, header.size) });
    return header.size + 1;
  }

  /** The body of a huge object is on its way already; ending the process is cheaper than reading it to its end. */
  #refuse(request: Request, size: number): void {
    this.#waiting.shift();
    request.reject(new ObjectTooLarge(request.name, size, request.maxBytes));
    killGit(this.#child, 'SIGKILL');
    this.#onEnd(this, this.#waiting.splice(0));
  }

  #answer(): Request | undefined {
    const request = this.#waiting.shift();
    if (!this.busy) this.#idleTimer = setTimeout(() => this.#retire(), this.#idleMs);
    return request;
  }
}
