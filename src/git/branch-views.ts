import type { Facts } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import { notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import type { Project } from '../namespaces/project.ts';
import { protectedRefsOf } from '../namespaces/protected-ref-store.ts';
import { presentBranch, type BranchReply } from './branch-api.ts';
import { readCommit } from './commits.ts';
import { branchesMergedInto } from './history.ts';
import { isShortRefName } from './ref-name.ts';
import { refValue, type Branch } from './refs.ts';
import type { Repository } from './repository.ts';

/** Who looks at the branches of which project. */
interface Looking {
  actor: Actor | null;
  project: Project;
  facts: Facts;
}

/** Branches in the form of the API. */
export async function viewBranches(
  app: App,
  { actor, project, facts }: Looking,
  repository: Repository,
  branches: readonly Branch[],
): Promise<BranchReply[]> {
  const [rules, root] = await Promise.all([
    protectedRefsOf(app.db, project.id, 'branch'),
    refValue(repository, `refs/heads/${project.defaultBranch}`),
  ]);
  const merged = root === null ? new Set<string>() : await branchesMergedInto(repository, root);
  const view = { actor, project, facts, rules, merged, url: app.url };
  const commits = await Promise.all(branches.map(({ sha }) => readCommit(repository, sha)));
  return branches.flatMap(({ name }, index) => {
    const commit = commits[index];
    return commit ? [presentBranch(name, commit, view)] : [];
  });
}

/** The branch with exactly this name. Throws 404 when there is none. */
export async function findBranch(repository: Repository, name: string): Promise<Branch> {
  const sha = isShortRefName(name) ? await refValue(repository, `refs/heads/${name}`) : null;
  if (sha === null) throw notFound('Branch');
  return { name, sha };
}

/** One branch in the form of the API. */
export async function viewBranch(app: App, looking: Looking, repository: Repository, branch: Branch): Promise<BranchReply> {
  const [shown] = await viewBranches(app, looking, repository, [branch]);
  if (shown === undefined) throw notFound('Branch');
  return shown;
}
