import { readCommit, type Commit } from './commits.ts';
import { runGit } from './git-process.ts';
import { isObjectId, mustBeObjectId } from './ref-name.ts';
import { readablePath } from './repository-path.ts';
import type { Repository } from './repository.ts';

export interface HistoryOptions {
  limit: number;
  skip: number;
  /** Only commits that changed this file or folder. */
  path?: string;
  /** Only commits made at this time (ms) or later. */
  since?: number;
  /** Only commits made at this time (ms) or earlier. */
  until?: number;
  /** Only what the branch itself has got: of merges the first parent. */
  firstParent?: boolean;
}

/**
 * The history of commits (full ids), newest first; empty for a path that no commit can have.
 * Throws a `GitError` for an unknown commit.
 */
export async function history(repository: Repository, from: readonly string[], options: HistoryOptions): Promise<Commit[]> {
  const path = readablePath(options.path ?? '');
  if (path === null || from.length === 0) return [];
  from.forEach(mustBeObjectId);
  const args = [`--git-dir=${repository.gitDir}`, 'rev-list', `--max-count=${options.limit}`, `--skip=${options.skip}`];
  if (options.since !== undefined) args.push(`--max-age=${Math.ceil(options.since / 1000)}`);
  if (options.until !== undefined) args.push(`--min-age=${Math.floor(options.until / 1000)}`);
  if (options.firstParent === true) args.push('--first-parent');
  args.push('--stdin');
  const input = [...from.map((sha) => `${sha}\n`), '--\n', path === '' ? '' : `${path}\n`];
  const { stdout } = await runGit(args, { input });
  const ids = stdout.toString('latin1').split('\n').filter(isObjectId);
  const commits = await Promise.all(ids.map((id) => readCommit(repository, id)));
  return commits.filter((found) => found !== null);
}

/** Lines of text files that a commit has added and taken away. */
export interface CommitStats {
  additions: number;
  deletions: number;
  total: number;
}

/** Changed lines of commits (full ids), each against its first parent, by id. */
export async function commitStats(repository: Repository, shas: readonly string[]): Promise<Map<string, CommitStats>> {
  const stats = new Map<string, CommitStats>();
  if (shas.length === 0) return stats;
  shas.forEach(mustBeObjectId);
  const format = ['--format=commit %H', '--numstat', '--find-renames', '--first-parent', '-m', '--root'];
  const { stdout } = await runGit([`--git-dir=${repository.gitDir}`, 'log', '--no-walk=unsorted', ...format, ...new Set(shas)]);
  let current: CommitStats = { additions: 0, deletions: 0, total: 0 };
  for (const line of stdout.toString('utf8').split('\n')) {
    const sha = /^commit (?<sha>[0-9a-f]{40,64})$/.exec(line)?.groups?.['sha'];
    if (sha !== undefined) {
      current = { additions: 0, deletions: 0, total: 0 };
      stats.set(sha, current);
    }
    // Binary files have "-" for both.
    const counts = /^(?<added>\d+)\t(?<deleted>\d+)\t/.exec(line)?.groups;
    if (counts === undefined) continue;
    current.additions += Number(counts['added']);
    current.deletions += Number(counts['deleted']);
    current.total = current.additions + current.deletions;
  }
  return stats;
}

/** An order of branches or tags: by name, by the numbers in the name, or by time (of the tag, else of the commit). */
export type RefOrder = 'name' | 'version' | 'updated';

const sortKeys: Record<RefOrder, string> = { name: 'refname', version: 'version:refname', updated: 'creatordate' };

/** Names of all branches (`heads`) or tags in an order. */
export async function refNames(
  repository: Repository,
  folder: 'heads' | 'tags',
  order: RefOrder,
  direction: 'asc' | 'desc' = 'asc',
): Promise<string[]> {
  const sort = ['--sort=refname', `--sort=${direction === 'desc' ? '-' : ''}${sortKeys[order]}`];
  return namesOf(repository, [...sort, `refs/${folder}`]);
}

/** Names of the branches or tags whose history has the commit (full id) in it. */
export async function refsContaining(repository: Repository, folder: 'heads' | 'tags', sha: string): Promise<string[]> {
  mustBeObjectId(sha);
  return namesOf(repository, [`--contains=${sha}`, `refs/${folder}`]);
}

/** Names of the branches that lie in the history of a commit (full id) as a whole. */
export async function branchesMergedInto(repository: Repository, sha: string): Promise<Set<string>> {
  mustBeObjectId(sha);
  return new Set(await namesOf(repository, [`--merged=${sha}`, 'refs/heads']));
}

async function namesOf(repository: Repository, args: readonly string[]): Promise<string[]> {
  const { stdout } = await runGit([`--git-dir=${repository.gitDir}`, 'for-each-ref', '--format=%(refname:lstrip=2)', ...args]);
  return stdout
    .toString('utf8')
    .split('\n')
    .filter((name) => name !== '');
}
