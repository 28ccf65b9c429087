import { can } from '../access/can.ts';
import { levels } from '../access/role.ts';
import type { Actor } from '../access/user.ts';
import type { Tx } from '../db/tx.ts';
import { forbidden, HttpError, invalid } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { insertMember } from './member-store.ts';
import { isVisibleIn, type Namespace, type Visibility } from './namespace.ts';
import { findNamespace, findUserNamespace } from './namespace-store.ts';
import { checkProject, namesOf, settingsOf, type ProjectInput } from './project-input.ts';
import { findProject, insertProject, type NewProject } from './project-store.ts';
import type { Project } from './project.ts';
import { insertProtectedRef } from './protected-ref-store.ts';
import { removeProjects } from './removal.ts';
import { readSettings } from './settings.ts';
import { groupFacts } from './subjects.ts';
import { isPathTaken, isProjectNameTaken, lockNamespace } from './tree-store.ts';

export type NewProjectInput = ProjectInput & { namespace_id?: number | null; initialize_with_readme?: boolean };

/**
 * Makes a project with its repository; the default branch is protected. Throws 400 with what is wrong with the input, and
 * 403 for external users.
 */
export async function addProject(app: App, actor: Actor, input: NewProjectInput): Promise<Project> {
  const names = namesOf(input);
  checkProject({ ...input, ...names }, (name) => app.isRefName(name));
  const namespace = await namespaceFor(app, actor, input.namespace_id ?? null);
  const wish = await wishFor(app, actor, namespace, { ...input, ...names });
  const project = await insertWhole(app, wish);
  try {
    await app.createRepository(project.id, project.defaultBranch);
    if (input.initialize_with_readme === true) await app.firstCommit(project, actor.user);
  } catch (error) {
    if ((await findProject(app.db, project.id)) === null) throw await goneMeanwhile(app, project);
    await app.write((tx) => removeProjects(app, tx, [project.id]));
    throw error;
  }
  // The first commit counts as activity.
  const made = await findProject(app.db, project.id);
  if (made === null) throw await goneMeanwhile(app, project);
  return made;
}

/** Its group was removed, perhaps before there was a repository to remove. */
async function goneMeanwhile(app: App, project: Project): Promise<HttpError> {
  await app.deleteRepository(project.id);
  return notInNamespace();
}

async function namespaceFor(app: App, actor: Actor, id: number | null): Promise<Namespace> {
  const own = await findUserNamespace(app.db, actor.user.id);
  const namespace = id === null ? own : await findNamespace(app.db, id);
  if (namespace === null) throw notInNamespace();
  if (namespace.kind === 'group') {
    if (!can(actor, 'group.createProject', await groupFacts(app, namespace, actor))) throw notInNamespace();
    return namespace;
  }
  if (namespace.ownerId !== actor.user.id && !actor.user.admin) throw notInNamespace();
  if (!can(actor, 'project.create', { level: 0 })) throw forbidden();
  return namespace;
}

function notInNamespace(): HttpError {
  return invalid({ namespace: ['is not valid'] });
}

async function wishFor(
  app: App,
  actor: Actor,
  namespace: Namespace,
  input: ProjectInput & { name: string; path: string },
): Promise<NewProject> {
  const server = await readSettings(app.db);
  const visibility = input.visibility ?? closest(server.defaultProjectVisibility, namespace);
  if (!isVisibleIn(visibility, namespace)) throw tooVisible(visibility, namespace);
  const isDisabled = namespace.sharedRunnersSetting !== 'enabled';
  if (input.shared_runners_enabled === true) refuseSharedRunners(namespace);
  const { sharedRunnersEnabled, groupRunnersEnabled, ...settings } = settingsOf(input);
  return {
    namespace,
    name: input.name,
    path: input.path,
    description: input.description ?? null,
    visibility,
    defaultBranch: input.default_branch ?? server.defaultBranchName,
    creatorId: actor.user.id,
    sharedRunnersEnabled: sharedRunnersEnabled ?? (server.sharedRunnersEnabled && !isDisabled),
    groupRunnersEnabled: groupRunnersEnabled ?? true,
    settings,
  };
}

/** Throws 400 where a group above forbids what the project asks for. */
export function refuseSharedRunners(namespace: Namespace): void {
  if (namespace.sharedRunnersSetting !== 'disabled_and_unoverridable') return;
  throw invalid({ shared_runners_enabled: ['cannot be enabled because parent group does not allow it'] });
}

/** 400 for a project that could be seen where its namespace cannot. */
export function tooVisible(visibility: Visibility, namespace: Namespace): HttpError {
  return invalid({ visibility_level: [`${visibility} is not allowed in a ${namespace.visibility} group.`] });
}

/** Throws 400 when a name or path is taken in a locked namespace by another project than `exceptId`, or by a group. */
export async function refuseTakenProject(tx: Tx, namespace: Namespace, names: { name: string; path: string }, exceptId = 0): Promise<void> {
  const problems: Record<string, string[]> = {};
  if (await isProjectNameTaken(tx, namespace.id, names.name, exceptId)) problems['name'] = ['has already been taken'];
  if (await isPathTaken(tx, `${namespace.fullPath}/${names.path}`, { project: exceptId })) problems['path'] = ['has already been taken'];
  if (Object.keys(problems).length > 0) throw invalid(problems);
}

async function insertWhole(app: App, wish: NewProject): Promise<Project> {
  const now = app.clock.now();
  return app.write(async (tx) => {
    const namespace = await lockNamespace(tx, wish.namespace.id);
    if (namespace === null) throw notInNamespace();
    await refuseTakenProject(tx, namespace, wish);
    const project = await insertProject(tx, { ...wish, namespace }, now);
    if (namespace.ownerId !== null) {
      const owner = { userId: namespace.ownerId, accessLevel: levels.owner, expiresAt: null, createdBy: wish.creatorId };
      await insertMember(tx, { source: 'project', sourceId: project.id, ...owner }, now);
    }
    const protection = { pushLevel: levels.maintainer, mergeLevel: levels.maintainer, allowForcePush: false };
    await insertProtectedRef(tx, { projectId: project.id, kind: 'branch', name: project.defaultBranch, ...protection }, now);
    return project;
  });
}

/** The wished visibility, or the widest that the namespace allows. */
function closest(visibility: Visibility, namespace: Namespace): Visibility {
  return isVisibleIn(visibility, namespace) ? visibility : namespace.visibility;
}
