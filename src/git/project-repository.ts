import type { User } from '../access/user.ts';
import type { App } from '../http/route.ts';
import type { RepositoryFacts } from '../namespaces/project-api.ts';
import type { Project } from '../namespaces/project.ts';
import { refsMoved } from './after-push.ts';
import './app.ts';
import { commit, type Commit } from './commits.ts';
import { createCommit } from './commit-actions.ts';
import { isShortRefName } from './ref-name.ts';
import { createPipelineRef, deletePipelineRefs, isEmpty, refValue, resolveRef, type ResolvedRef } from './refs.ts';
import { setDefaultBranch, type Repositories, type Repository } from './repository.ts';
import { readFile } from './tree.ts';

/** Bytes that a file may have which the server reads for itself, such as a configuration. */
const maxReadBytes = 2 * 1024 * 1024;

/** The repository of a project, made when it is not there: a project may be older than its repository. */
export function repositoryOf(app: App, project: Project): Promise<Repository> {
  return app.repositories.create(project.id, project.defaultBranch);
}

/** What other rooms ask of the repository of a project, by the project's id; `app.ts` hands it to them as parts of `App`. */
export interface RepositoryAccess {
  createRepository(projectId: number, defaultBranch: string): Promise<void>;
  deleteRepository(projectId: number): Promise<void>;
  repositoryFacts(project: Project): Promise<RepositoryFacts>;
  isRefName(name: string): boolean;
  setDefaultBranch(projectId: number, branch: string): Promise<boolean>;
  readRepositoryFile(projectId: number, sha: string, path: string): Promise<Uint8Array | null>;
  findCommit(projectId: number, sha: string): Promise<Commit | null>;
  resolveRef(projectId: number, name: string): Promise<ResolvedRef | null>;
  createPipelineRef(projectId: number, pipelineId: number, sha: string): Promise<void>;
  deletePipelineRefs(projectId: number, pipelineIds: readonly number[]): Promise<void>;
}

/**
 * Gives other rooms what they need of repositories. A repository that is not there reads as an empty one: nothing is
 * found in it, and there is nothing to remove.
 */
export function repositoryAccess(repositories: Repositories): RepositoryAccess {
  /** What `work` gives for a repository that is there, else `absent`. */
  async function within<T>(projectId: number, absent: T, work: (repository: Repository) => Promise<T>): Promise<T> {
    if (!(await repositories.exists(projectId))) return absent;
    try {
      return await work(repositories.at(projectId));
    } catch (error) {
      // The project may have been deleted meanwhile: then there was nothing to find.
      if (await repositories.exists(projectId)) throw error;
      return absent;
    }
  }

  // A repository with commits keeps its default branch, so it stays one; lists of projects ask this often.
  const filled = new Set<number>();
  async function isVoid(projectId: number): Promise<boolean> {
    if (filled.has(projectId)) return false;
    const empty = await within(projectId, true, isEmpty);
    if (!empty) filled.add(projectId);
    return empty;
  }

  return {
    createRepository: async (projectId, branch) => void (await repositories.create(projectId, branch)),
    async deleteRepository(projectId) {
      filled.delete(projectId);
      await repositories.delete(projectId);
    },
    repositoryFacts: async (project) => ({ empty: await isVoid(project.id), defaultBranch: project.defaultBranch }),
    isRefName: isShortRefName,
    async setDefaultBranch(projectId, branch) {
      const repository = await repositories.create(projectId, branch);
      const known = (await refValue(repository, `refs/heads/${branch}`)) !== null;
      if (!known && !(await isEmpty(repository))) return false;
      await setDefaultBranch(repository, branch);
      return true;
    },
    readRepositoryFile: (projectId, sha, path) =>
      within<Uint8Array | null>(projectId, null, (repository) => readFile(repository, sha, path, maxReadBytes)),
    findCommit: (projectId, sha) => within<Commit | null>(projectId, null, (repository) => commit(repository, sha)),
    resolveRef: (projectId, name) => within<ResolvedRef | null>(projectId, null, (repository) => resolveRef(repository, name)),
    createPipelineRef: (projectId, pipelineId, sha) => createPipelineRef(repositories.at(projectId), pipelineId, sha),
    deletePipelineRefs: (projectId, pipelineIds) =>
      within(projectId, undefined, (repository) => deletePipelineRefs(repository, pipelineIds)),
  };
}

/** Commits a `README.md` to the default branch of an empty repository, in the name of `user`. */
export async function firstCommit(app: App, project: Project, user: User): Promise<void> {
  const repository = await repositoryOf(app, project);
  const description = project.description === null || project.description === '' ? '' : `\n${project.description}\n`;
  const update = await createCommit(repository, {
    branch: project.defaultBranch,
    message: 'Initial commit',
    author: user,
    committer: user,
    at: app.clock.now(),
    actions: [{ action: 'create', filePath: 'README.md', content: Buffer.from(`# ${project.name}\n${description}`) }],
  });
  await refsMoved(app, project, user, { updates: [update], skipCi: false, variables: [] });
}
