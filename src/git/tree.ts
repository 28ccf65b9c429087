import { runGit } from './git-process.ts';
import { isObjectId, isZeroOid, mustBeObjectId } from './ref-name.ts';
import { readablePath } from './repository-path.ts';
import type { Repository } from './repository.ts';

export interface TreeEntry {
  /** Of the blob or tree; of a submodule the commit. */
  oid: string;
  name: string;
  /** From the root of the repository. */
  path: string;
  type: 'blob' | 'tree' | 'commit';
  /** Six octal digits: `100644`, `100755`, `120000` (symbolic link), `040000` (folder), `160000` (submodule). */
  mode: string;
}

/** A folder with more bytes of entries than this cannot be read (about half a million entries). */
const MAX_TREE_BYTES = 32 * 1024 * 1024;

/**
 * A file's bytes in a commit (full id). Null when there is no such commit or file; a symbolic link gives its target's
 * path. Throws `ObjectTooLarge` when it has more than `maxBytes` bytes.
 */
export async function readFile(repository: Repository, sha: string, path: string, maxBytes: number): Promise<Buffer | null> {
  const wanted = readablePath(path);
  if (!isObjectId(sha) || wanted === null || wanted === '') return null;
  const entry = await findEntry(repository, sha, wanted);
  if (entry?.type !== 'blob') return null;
  return (await repository.objects.read(repository.gitDir, entry.oid, maxBytes))?.bytes ?? null;
}

/** The entry at a path of a commit (full id), or null. The root has no entry. */
export async function findEntry(repository: Repository, sha: string, path: string): Promise<TreeEntry | null> {
  const wanted = readablePath(path);
  if (wanted === null || wanted === '') return null;
  const slash = wanted.lastIndexOf('/');
  const siblings = await listFolder(repository, sha, wanted.slice(0, Math.max(slash, 0)));
  return siblings?.find((entry) => entry.path === wanted) ?? null;
}

/**
 * The entries under a path of a commit (full id), `''` for the root, in git's order; with `recursive` also those of all
 * folders below, and the folders themselves. Null when there is no such commit or folder.
 */
export async function listTree(repository: Repository, sha: string, path: string, recursive = false): Promise<TreeEntry[] | null> {
  const folder = readablePath(path);
  if (folder === null) return null;
  const entries = await listFolder(repository, sha, folder);
  if (entries === null || !recursive) return entries;
  const { stdout } = await runGit([`--git-dir=${repository.gitDir}`, 'ls-tree', '-r', '-t', '-z', `${sha}:${folder}`]);
  return stdout
    .toString('utf8')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => parseListed(line, folder));
}

async function listFolder(repository: Repository, sha: string, folder: string): Promise<TreeEntry[] | null> {
  if (!isObjectId(sha)) return null;
  const tree = await repository.objects.read(repository.gitDir, folder === '' ? `${sha}^{tree}` : `${sha}:${folder}`, MAX_TREE_BYTES);
  return tree?.type === 'tree' ? parseTree(tree.bytes, folder, tree.oid.length / 2) : null;
}

/** Reads a tree object: `<octal mode> <name>\0<raw object id>` over and over. */
function parseTree(bytes: Buffer, folder: string, oidBytes: number): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    const name = bytes.toString('utf8', space + 1, end);
    const mode = bytes.toString('latin1', at, space).padStart(6, '0');
    at = end + 1 + oidBytes;
    entries.push({ oid: bytes.toString('hex', end + 1, at), name, path: within(folder, name), type: typeOf(mode), mode });
  }
  return entries;
}

/** `<mode> <type> <oid>\t<path>` of `git ls-tree`, its path relative to the folder. */
function parseListed(line: string, folder: string): TreeEntry {
  const tab = line.indexOf('\t');
  const [mode = '', , oid = ''] = line.slice(0, tab).split(' ');
  const path = line.slice(tab + 1);
  return { oid, name: path.slice(path.lastIndexOf('/') + 1), path: within(folder, path), type: typeOf(mode), mode };
}

function within(folder: string, path: string): string {
  return folder === '' ? path : `${folder}/${path}`;
}

function typeOf(mode: string): TreeEntry['type'] {
  if (mode === '040000') return 'tree';
  return mode === '160000' ? 'commit' : 'blob';
}

/**
 * The paths of all files that differ between two commits (full ids); a moved file counts at both places. `from` null or
 * all zeros: every file of `to`. Throws a `GitError` for an unknown commit, a RangeError for what is not a full id.
 */
export async function diffNames(repository: Repository, from: string | null, to: string): Promise<string[]> {
  mustBeObjectId(to);
  if (from !== null) mustBeObjectId(from);
  const dir = `--git-dir=${repository.gitDir}`;
  const args =
    from === null || isZeroOid(from)
      ? [dir, 'ls-tree', '-r', '-z', '--name-only', to]
      : [dir, 'diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to];
  const { stdout } = await runGit(args);
  return stdout
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '');
}
