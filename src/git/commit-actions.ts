import { commit, log } from './commits.ts';
import { writeCommit } from './fast-import.ts';
import type { FileChange, FileSource } from './fast-import.ts';
import { GitError } from './git-process.ts';
import { isObjectId, isShortRefName, ZERO_OID } from './ref-name.ts';
import { isEmpty, refValue, updateRef } from './refs.ts';
import type { RefUpdate } from './refs.ts';
import { pathProblem } from './repository-path.ts';
import type { Repository } from './repository.ts';
import { TreeDraft } from './tree-draft.ts';
import type { DraftEntry } from './tree-draft.ts';

/** One change to a file. `content` may be null for `move` (the content stays); other actions than those named ignore it. */
export interface CommitAction {
  action: 'create' | 'update' | 'delete' | 'move' | 'chmod';
  filePath: string;
  /** For `move`: where the file is now. */
  previousPath?: string | null;
  /** For `create`, `update` and `move`. */
  content?: Uint8Array | null;
  /** For `chmod`, and for `create`: whether the file can be executed. */
  executeFilemode?: boolean | null;
  /** For `update`, `move` and `delete`: the commit that changed the file last, as the caller knows it. */
  lastCommitId?: string | null;
}

export interface CommitPerson {
  name: string;
  email: string;
}

export interface NewCommit {
  branch: string;
  /** Branch to start the new branch from. */
  startBranch?: string | null;
  /** Commit (full id) to start the new branch from; only one of the two may be given. */
  startSha?: string | null;
  message: string;
  author: CommitPerson;
  committer: CommitPerson;
  /** Milliseconds: time of the commit. */
  at: number;
  actions: readonly CommitAction[];
}

/** Why a commit was not made, in GitLab's words where it has some: the API answers 400 with the message. */
export class CommitRefused extends Error {
  override readonly name = 'CommitRefused';
}

const EXECUTABLE = '100755';
const REGULAR = '100644';
const SUBMODULE = '160000';
const EMPTY = { content: new Uint8Array() };
const NO_FILE = "A file with this name doesn't exist";

/** Somebody else may move the branch while a commit is made; then it is made again on top, so often. */
const ATTEMPTS = 5;

/**
 * Makes a commit from changes to files and moves the branch to it, atomically and without a work tree. In an empty
 * repository the branch is created; else the branch must exist, or `startBranch` or `startSha` must say where it starts.
 * Gives the branch's movement. Throws `CommitRefused` when it cannot be done; then nothing has changed.
 */
export async function createCommit(repository: Repository, wanted: NewCommit): Promise<RefUpdate> {
  if (!isShortRefName(wanted.branch)) throw new CommitRefused(`"${wanted.branch}" cannot be the name of a branch`);
  if (wanted.startBranch && wanted.startSha) throw new CommitRefused('start_branch and start_sha are mutually exclusive');
  const ref = `refs/heads/${wanted.branch}`;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const before = await refValue(repository, ref);
    const parent = await parentOf(repository, wanted, before);
    const changes = await plan(repository, wanted.actions, parent);
    const sha = await writeCommit(repository, { ...wanted, parent, changes });
    if (await moveBranch(repository, ref, sha, before ?? ZERO_OID)) return { ref, before: before ?? ZERO_OID, after: sha };
  }
  throw new CommitRefused(`The branch "${wanted.branch}" is being changed by others; please try again`);
}

async function moveBranch(repository: Repository, ref: string, sha: string, before: string): Promise<boolean> {
  try {
    return await updateRef(repository, ref, sha, before);
  } catch (cause) {
    // "'refs/heads/a' exists; cannot create 'refs/heads/a/b'"
    if (!(cause instanceof GitError) || !cause.stderr.includes('cannot create')) throw cause;
    throw new CommitRefused('The branch cannot be created: its name collides with that of another branch', { cause });
  }
}

async function parentOf(repository: Repository, wanted: NewCommit, head: string | null): Promise<string | null> {
  const elsewhere = wanted.startSha || (wanted.startBranch && wanted.startBranch !== wanted.branch);
  if (head !== null && elsewhere) {
    throw new CommitRefused(`A branch called '${wanted.branch}' already exists. Switch to that branch in order to make changes`);
  }
  if (head !== null) return head;
  if (wanted.startSha) {
    const start = isObjectId(wanted.startSha) ? await commit(repository, wanted.startSha) : null;
    if (start === null) throw new CommitRefused(`Cannot find start_sha '${wanted.startSha}'`);
    return start.id;
  }
  const start = wanted.startBranch ? await refValue(repository, `refs/heads/${wanted.startBranch}`) : null;
  if (start !== null) return start;
  if (!(await isEmpty(repository))) throw new CommitRefused('You can only create or edit files when you are on a branch');
  return null;
}

/** Checks every action against what the ones before it have left, and says what to change in the tree of `parent`. */
async function plan(repository: Repository, actions: readonly CommitAction[], parent: string | null): Promise<FileChange[]> {
  const draft = new TreeDraft(repository, parent);
  const changes: FileChange[] = [];
  for (const action of actions) {
    mustBePath(action.filePath);
    await mustBeUnchanged(repository, action, parent);
    changes.push(...(await apply(draft, action)));
  }
  return changes;
}

/** Does one action in the draft; the default is `move`. */
async function apply(draft: TreeDraft, action: CommitAction): Promise<FileChange[]> {
  const path = action.filePath;
  const content = action.content ? { content: action.content } : null;
  const wantedMode = action.executeFilemode ? EXECUTABLE : REGULAR;
  switch (action.action) {
    case 'create': {
      mustBeFree(await draft.at(path));
      return put(draft, path, wantedMode, content ?? EMPTY);
    }
    case 'update': {
      const file = mustBeFile(await draft.at(path));
      if (file.mode === SUBMODULE) throw new CommitRefused(NO_FILE);
      return put(draft, path, file.mode, content ?? EMPTY);
    }
    case 'chmod': {
      const file = mustBeFile(await draft.at(path));
      if (file.mode !== EXECUTABLE && file.mode !== REGULAR)
        throw new CommitRefused(`'${path}' is not a regular file, it has no mode to change`);
      return put(draft, path, wantedMode, file.source);
    }
    case 'delete': {
      mustBeFile(await draft.at(path));
      await draft.remove(path);
      return [{ kind: 'delete', path }];
    }
    default: {
      const from = action.previousPath ?? '';
      mustBePath(from);
      const file = mustBeFile(await draft.at(from));
      await draft.remove(from);
      mustBeFree(await draft.at(path));
      return [{ kind: 'delete', path: from }, ...(await put(draft, path, file.mode, content ?? file.source))];
    }
  }
}

async function put(draft: TreeDraft, path: string, mode: string, source: FileSource): Promise<FileChange[]> {
  await draft.put(path, mode, source);
  return [{ kind: 'put', path, mode, source }];
}

function mustBePath(path: string): void {
  const problem = pathProblem(path);
  if (problem !== null) throw new CommitRefused(`invalid path: '${path}': ${problem}`);
}

function mustBeFree(entry: DraftEntry): void {
  if (entry.kind === 'folder') throw new CommitRefused('A directory with this name already exists');
  if (entry.kind !== 'nothing') throw new CommitRefused('A file with this name already exists');
}

function mustBeFile(entry: DraftEntry): DraftEntry & { kind: 'file' } {
  if (entry.kind !== 'file') throw new CommitRefused(NO_FILE);
  return entry;
}

/** The guard against lost updates: whoever edits a file may say which commit they have seen it in. */
async function mustBeUnchanged(repository: Repository, action: CommitAction, parent: string | null): Promise<void> {
  if (!action.lastCommitId || parent === null || action.action === 'create' || action.action === 'chmod') return;
  const path = action.action === 'move' ? (action.previousPath ?? '') : action.filePath;
  const [last] = await log(repository, parent, { path, limit: 1 });
  if (last === undefined || last.id === action.lastCommitId) return;
  if (action.action === 'delete') throw new CommitRefused('You are attempting to delete a file that has been previously updated.');
  throw new CommitRefused('You are attempting to update a file that has changed since you started editing it.');
}
