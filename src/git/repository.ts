import { randomUUID, hash } from 'node:crypto';
import { access, chmod, constants, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runGit } from './git-process.ts';
import { ObjectReader } from './object-reader.ts';
import type { ObjectReaderOptions } from './object-reader.ts';
import { PRE_RECEIVE } from './pre-receive-hook.ts';
import { isShortRefName } from './ref-name.ts';

/** A bare repository on disk. A handle costs nothing and holds nothing open by itself. */
export interface Repository {
  readonly gitDir: string;
  readonly objects: ObjectReader;
  /** Folder of the hook that refuses forced updates (see `pre-receive-hook.ts`). */
  readonly hooksDir: string;
}

const DELETED = '.deleted';
const NEW = '.new';
const HOOKS = '.hooks';

/**
 * All repositories under one folder, found by their project's id: `ab/cd/42.git`, the first two parts from the id's hash
 * so that no folder grows long. A project's name is not in the path, so renaming a project moves nothing.
 */
export class Repositories implements AsyncDisposable {
  readonly #root: string;
  readonly #objects: ObjectReader;

  private constructor(root: string, objects: ObjectReader) {
    this.#root = root;
    this.#objects = objects;
  }

  /**
   * Opens the folder (made when missing), which several servers may share, and finishes interrupted deletes.
   * Throws when the folder cannot be used, with a sentence that says why.
   */
  static async open(root: string, options: ObjectReaderOptions = {}): Promise<Repositories> {
    await rm(join(root, DELETED), { recursive: true, force: true });
    await Promise.all([DELETED, NEW, HOOKS].map((name) => mkdir(join(root, name), { recursive: true })));
    const hook = join(root, HOOKS, 'pre-receive');
    // Renamed into place: another server may be running the old one right now.
    const draft = join(root, NEW, randomUUID());
    await writeFile(draft, PRE_RECEIVE);
    await chmod(draft, 0o755);
    await rename(draft, hook);
    // Git skips a hook that it may not run, and with it the protection of branches; so better not to start at all.
    await access(hook, constants.X_OK).catch((cause: unknown) => {
      throw new Error(`files in ${root} cannot be executed; use a folder on a volume that is not mounted "noexec"`, { cause });
    });
    return new Repositories(root, new ObjectReader(options));
  }

  /** The repository of a project. Nothing is read or checked; see `exists`. */
  at(projectId: number): Repository {
    if (!Number.isSafeInteger(projectId) || projectId < 1) throw new RangeError(`${projectId} is not the id of a project`);
    const digest = hash('sha256', String(projectId), 'hex');
    const gitDir = join(this.#root, digest.slice(0, 2), digest.slice(2, 4), `${projectId}.git`);
    return { gitDir, objects: this.#objects, hooksDir: join(this.#root, HOOKS) };
  }

  async exists(projectId: number): Promise<boolean> {
    return exists(join(this.at(projectId).gitDir, 'HEAD'));
  }

  /**
   * Makes an empty repository whose HEAD names `defaultBranch`; a repository that is there already is left as it is.
   * It appears at once and whole, and survives power loss. Throws a RangeError for an impossible branch name.
   */
  async create(projectId: number, defaultBranch = 'main'): Promise<Repository> {
    if (!isShortRefName(defaultBranch)) throw new RangeError(`"${defaultBranch}" cannot be the name of a branch`);
    const repository = this.at(projectId);
    if (await this.exists(projectId)) return repository;
    const fresh = join(this.#root, NEW, randomUUID());
    await runGit(['init', '--quiet', '--bare', '--template=', `--initial-branch=${defaultBranch}`, fresh]);
    for (const part of ['HEAD', 'config', '.']) await syncToDisk(join(fresh, part));
    const parent = dirname(repository.gitDir);
    await mkdir(parent, { recursive: true });
    try {
      await rename(fresh, repository.gitDir);
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      // Somebody else may have made it in the meantime.
      if (!(await this.exists(projectId))) throw error;
    }
    for (const folder of [parent, dirname(parent), this.#root]) await syncToDisk(folder);
    return repository;
  }

  /** Removes a repository; one that is not there is no error. It disappears at once, its files follow. */
  async delete(projectId: number): Promise<void> {
    const { gitDir } = this.at(projectId);
    await this.#objects.release(gitDir);
    const grave = join(this.#root, DELETED, randomUUID());
    try {
      await mkdir(dirname(grave), { recursive: true });
      await rename(gitDir, grave);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    await rm(grave, { recursive: true, force: true });
  }

  /** Ends the processes that read objects. */
  close(): Promise<void> {
    return this.#objects.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The branch that HEAD names, also while no commit is on it. */
export async function defaultBranch(repository: Repository): Promise<string> {
  const head = await readFile(join(repository.gitDir, 'HEAD'), 'utf8');
  return head.trim().replace(/^ref: refs\/heads\//, '');
}

/** Lets HEAD name another branch. Throws a RangeError for an impossible name. */
export async function setDefaultBranch(repository: Repository, branch: string): Promise<void> {
  if (!isShortRefName(branch)) throw new RangeError(`"${branch}" cannot be the name of a branch`);
  await runGit([`--git-dir=${repository.gitDir}`, 'symbolic-ref', 'HEAD', `refs/heads/${branch}`]);
}

/**
 * Packs what has gathered since the last time, when git thinks it is enough to be worth it, and drops objects that
 * nothing has reached for two weeks. Pushes do not do this themselves, so that nobody waits for it. Takes up to an hour.
 */
export async function maintainRepository(repository: Repository): Promise<void> {
  await runGit([`--git-dir=${repository.gitDir}`, 'gc', '--auto', '--quiet'], { timeoutMs: 3_600_000 });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function syncToDisk(path: string): Promise<void> {
  // Windows cannot open folders; there a rename is durable by itself.
  if (process.platform === 'win32') return;
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
