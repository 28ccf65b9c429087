import { can, type Facts } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import { forbidden, invalid, notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { refuseSharedRunners, refuseTakenProject, tooVisible } from './add-project.ts';
import { isVisibleIn } from './namespace.ts';
import { checkProject, settingsOf, type ProjectInput } from './project-input.ts';
import { lockProject, saveProject } from './project-store.ts';
import type { Project } from './project.ts';
import { lockNamespace } from './tree-store.ts';

/**
 * Changes a project. Throws 400 with what is wrong with the input, and 403 when the caller may change the project but not
 * its name or visibility, which is for owners.
 */
export async function changeProject(
  app: App,
  actor: Actor,
  seen: { project: Project; facts: Facts },
  input: ProjectInput,
): Promise<Project> {
  const { project, facts } = seen;
  checkProject(input, (name) => app.isRefName(name));
  const isOwnersDeed = (input.name ?? project.name) !== project.name || (input.visibility ?? project.visibility) !== project.visibility;
  if (isOwnersDeed && !can(actor, 'project.rename', facts)) throw forbidden();
  const branch = input.default_branch;
  if (branch !== undefined && !(await app.setDefaultBranch(project.id, branch))) {
    const text = `Could not set the default branch. Do you have a branch named '${branch}' in your repository?`;
    throw invalid({ base: [text] });
  }
  return app.write(async (tx) => {
    const namespace = await lockNamespace(tx, project.namespaceId);
    const before = await lockProject(tx, project.id);
    if (namespace === null || before === null) throw notFound('Project');
    const after: Project = {
      ...before,
      ...settingsOf(input),
      name: input.name ?? before.name,
      path: input.path ?? before.path,
      description: input.description === undefined ? before.description : input.description,
      visibility: input.visibility ?? before.visibility,
      defaultBranch: branch ?? before.defaultBranch,
      fullPath: `${namespace.fullPath}/${input.path ?? before.path}`,
    };
    if (input.visibility !== undefined && !isVisibleIn(after.visibility, namespace)) throw tooVisible(after.visibility, namespace);
    if (after.sharedRunnersEnabled && !before.sharedRunnersEnabled) refuseSharedRunners(namespace);
    await refuseTakenProject(tx, namespace, after, before.id);
    return saveProject(tx, after, app.clock.now());
  });
}
