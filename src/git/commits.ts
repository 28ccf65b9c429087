import { runGit } from './git-process.ts';
import { isObjectId } from './ref-name.ts';
import { readablePath } from './repository-path.ts';
import type { Repository } from './repository.ts';

/** A commit as its object says. Times in milliseconds; offsets are minutes east of UTC where author or committer were. */
export interface Commit {
  id: string;
  /** The first eight digits of the id. */
  shortId: string;
  /** The first line of the message. */
  title: string;
  message: string;
  authorName: string;
  authorEmail: string;
  authoredAt: number;
  authorOffset: number;
  committerName: string;
  committerEmail: string;
  committedAt: number;
  committerOffset: number;
  parentIds: string[];
}

/** A commit with a longer message than this (and its signature) cannot be read. */
const MAX_COMMIT_BYTES = 4 * 1024 * 1024;

/** The commit with this full id, or null. Throws `ObjectTooLarge` for a commit of more than 4 MiB. */
export async function commit(repository: Repository, sha: string): Promise<Commit | null> {
  if (!isObjectId(sha)) return null;
  return readCommit(repository, sha);
}

/** The commit that an object name peels to. The name must be safe (see `ObjectReader.read`). */
export async function readCommit(repository: Repository, name: string): Promise<Commit | null> {
  const object = await repository.objects.read(repository.gitDir, `${name}^{commit}`, MAX_COMMIT_BYTES);
  return object === null ? null : parseCommit(object.oid, object.bytes);
}

export interface LogOptions {
  /** Default 20. */
  limit?: number;
  skip?: number;
  /** Only commits that changed this file or folder. */
  path?: string;
}

/** The history of a commit, newest first. Empty for an unknown commit and for a path that no commit can have. */
export async function log(repository: Repository, sha: string, options: LogOptions = {}): Promise<Commit[]> {
  const path = readablePath(options.path ?? '');
  if (path === null || (await commit(repository, sha)) === null) return [];
  const args = [
    `--git-dir=${repository.gitDir}`,
    'rev-list',
    `--max-count=${options.limit ?? 20}`,
    `--skip=${options.skip ?? 0}`,
    sha,
    '--',
  ];
  if (path !== '') args.push(path);
  const { stdout } = await runGit(args);
  const ids = stdout.toString('latin1').split('\n').filter(isObjectId);
  const commits = await Promise.all(ids.map((id) => readCommit(repository, id)));
  return commits.filter((found) => found !== null);
}

/** Whether `ancestor` lies in the history of `descendant` (a commit is its own ancestor). False for unknown commits. */
export async function isAncestor(repository: Repository, ancestor: string, descendant: string): Promise<boolean> {
  if (!isObjectId(ancestor) || !isObjectId(descendant)) return false;
  const args = [`--git-dir=${repository.gitDir}`, 'merge-base', '--is-ancestor', ancestor, descendant];
  const { code } = await runGit(args, { okCodes: [0, 1, 128] });
  return code === 0;
}

/** The best common ancestor of two commits, or null when they have none. */
export async function mergeBase(repository: Repository, one: string, other: string): Promise<string | null> {
  if (!isObjectId(one) || !isObjectId(other)) return null;
  const { code, stdout } = await runGit([`--git-dir=${repository.gitDir}`, 'merge-base', one, other], { okCodes: [0, 1, 128] });
  return code === 0 ? stdout.toString('latin1').trim() : null;
}

/** Reads a commit object: header lines, an empty line, the message. */
function parseCommit(id: string, bytes: Buffer): Commit {
  const end = bytes.indexOf('\n\n');
  const header = end < 0 ? bytes : bytes.subarray(0, end);
  const body = end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 2);
  const encoding = /^encoding (?<name>\S+)$/m.exec(header.toString('latin1'))?.groups?.['name'];
  const decode = decoder(encoding);
  const message = decode(body);
  const lines = decode(header).split('\n');
  const author = parsePerson(lines.find((line) => line.startsWith('author ')) ?? '');
  const committer = parsePerson(lines.find((line) => line.startsWith('committer ')) ?? '');
  return {
    id,
    shortId: id.slice(0, 8),
    title: message.split(/\r?\n/, 1)[0] ?? '',
    message,
    authorName: author.name,
    authorEmail: author.email,
    authoredAt: author.at,
    authorOffset: author.offset,
    committerName: committer.name,
    committerEmail: committer.email,
    committedAt: committer.at,
    committerOffset: committer.offset,
    parentIds: lines.filter((line) => line.startsWith('parent ')).map((line) => line.slice('parent '.length)),
  };
}

/** Commits may name an encoding; one that this machine does not know is read as UTF-8. */
function decoder(encoding: string | undefined): (bytes: Buffer) => string {
  try {
    const text = new TextDecoder(encoding ?? 'utf-8', { ignoreBOM: true });
    return (bytes) => text.decode(bytes);
  } catch {
    return (bytes) => bytes.toString('utf8');
  }
}

interface Person {
  name: string;
  email: string;
  /** Milliseconds. */
  at: number;
  /** Minutes east of UTC. */
  offset: number;
}

/** `<role> Name <email> seconds +hhmm`; what is malformed comes out empty or zero, as very old histories hold it all. */
export function parsePerson(line: string): Person {
  const found = /^\S+ (?<name>.*?) ?<(?<email>[^>]*)>(?: (?<at>-?\d+) (?<sign>[+-])(?<hours>\d{2})(?<minutes>\d{2}))?/.exec(line)?.groups;
  const offset = Number(found?.['hours'] ?? 0) * 60 + Number(found?.['minutes'] ?? 0);
  return {
    name: found?.['name'] ?? '',
    email: found?.['email'] ?? '',
    at: Number(found?.['at'] ?? 0) * 1000,
    offset: found?.['sign'] === '-' ? -offset : offset,
  };
}
