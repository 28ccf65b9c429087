import { randomUUID } from 'node:crypto';
import { GitError, runGit } from './git-process.ts';
import { isObjectId, ZERO_OID } from './ref-name.ts';
import type { Repository } from './repository.ts';

/** What a file holds: an object of the repository, or new content. */
export type FileSource = { oid: string } | { content: Uint8Array };

export type FileChange = { kind: 'put'; path: string; mode: string; source: FileSource } | { kind: 'delete'; path: string };

export interface ImportedCommit {
  /** Full id; null: a first commit. */
  parent: string | null;
  message: string;
  author: { name: string; email: string };
  committer: { name: string; email: string };
  /** Milliseconds. */
  at: number;
  changes: readonly FileChange[];
}

/**
 * Writes a commit with its trees and blobs into the repository and gives its id. No ref points to it yet. One process for
 * any number of files; the paths must have been checked. Throws a `GitError` when git refuses.
 */
export async function writeCommit(repository: Repository, commit: ImportedCommit): Promise<string> {
  // The import needs a branch to work on; deleting it in the same stream keeps it from ever being written.
  const branch = `refs/drafts/${randomUUID()}`;
  const when = `${Math.floor(commit.at / 1000)} +0000`;
  const input: (string | Uint8Array)[] = [
    'feature done\n',
    `commit ${branch}\nmark :1\n`,
    `author ${person(commit.author)} ${when}\n`,
    `committer ${person(commit.committer)} ${when}\n`,
    ...data(Buffer.from(commit.message, 'utf8')),
    commit.parent === null ? '' : `from ${commit.parent}\n`,
    ...commit.changes.flatMap(fileCommand),
    `get-mark :1\nreset ${branch}\nfrom ${ZERO_OID}\n\ndone\n`,
  ];
  const args = [`--git-dir=${repository.gitDir}`, 'fast-import', '--quiet', '--date-format=raw'];
  const { stdout } = await runGit(args, { input });
  const sha = stdout.toString('latin1').trim();
  if (!isObjectId(sha)) throw new GitError('fast-import', 'gave no commit id', 0);
  return sha;
}

function fileCommand(change: FileChange): (string | Uint8Array)[] {
  if (change.kind === 'delete') return [`D ${quote(change.path)}\n`];
  if ('oid' in change.source) return [`M ${change.mode} ${change.source.oid} ${quote(change.path)}\n`];
  return [`M ${change.mode} inline ${quote(change.path)}\n`, ...data(change.source.content)];
}

function data(bytes: Uint8Array): (string | Uint8Array)[] {
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

function quote(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&')}"`;
}

/** Names and addresses must not end the line or look like an address's brackets. */
function person({ name, email }: { name: string; email: string }): string {
  // oxlint-disable-next-line no-control-regex -- control characters would break the header of the commit
  const clean = (text: string) => text.replace(/[\0-\x1f<>]/g, '').trim();
  return `${clean(name) || clean(email) || 'unknown'} <${clean(email)}>`;
}
