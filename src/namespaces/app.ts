import type { User } from '../access/user.ts';
import type { Tx } from '../db/tx.ts';
import type { RepositoryFacts } from './project-api.ts';
import type { Project } from './project.ts';

declare module '../http/route.ts' {
  interface App {
    /** Makes an empty repository for a project; one that is there already is left as it is. */
    createRepository(projectId: number, defaultBranch: string): Promise<void>;
    /** Removes the repository of a project that is gone; one that is not there is no error. */
    deleteRepository(projectId: number): Promise<void>;
    /** Commits a `README.md` to the default branch of an empty repository, in the name of `user`. */
    firstCommit(project: Project, user: User): Promise<void>;
    /** What only the repository knows; one that is not there counts as empty. */
    repositoryFacts(project: Project): Promise<RepositoryFacts>;
    /** Whether git allows this name for a branch or tag. */
    isRefName(name: string): boolean;
    /** Lets HEAD name another branch; false, and nothing changes, when the repository has commits but no such branch. */
    setDefaultBranch(projectId: number, branch: string): Promise<boolean>;

    /**
     * Removes what the rooms above keep of these projects: runners assigned to no other project, pipelines, jobs, logs,
     * artifacts. Rows go in the transaction, everything else after its commit. At most 500 ids.
     */
    dropProjects(tx: Tx, projectIds: readonly number[]): Promise<void>;
    /** Removes what the rooms above keep of these groups: their runners. At most 500 ids. */
    dropGroups(tx: Tx, groupIds: readonly number[]): Promise<void>;
  }
}
