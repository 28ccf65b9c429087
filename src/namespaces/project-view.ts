import { can, type Facts } from '../access/can.ts';
import { usersById } from '../access/store.ts';
import type { Actor } from '../access/user.ts';
import { notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import './app.ts';
import { accessTo } from './member-store.ts';
import type { Namespace } from './namespace.ts';
import { namespacesById } from './namespace-store.ts';
import { presentBasicProject, type BasicProject, type RepositoryFacts } from './project-api.ts';
import { presentProject, type ProjectDetails, type ProjectView } from './project-details-api.ts';
import { findProject } from './project-store.ts';
import type { Project } from './project.ts';
import { ensureRegistrationToken } from './registration-token-store.ts';
import { readSettings } from './settings.ts';

/** Projects in full form as the caller sees them, without registration tokens. */
export async function viewProjects(app: App, projects: readonly Project[], actor: Actor | null): Promise<ProjectDetails[]> {
  return (await viewsOf(app, projects, actor)).map((view) => presentProject(view, app.url));
}

/** Projects in basic form. */
export async function viewBasicProjects(app: App, projects: readonly Project[]): Promise<BasicProject[]> {
  return (await viewsOf(app, projects, null)).map((view) => presentBasicProject(view.project, view.namespace, app.url, view.repository));
}

/** A single project in full form, with the registration token for those who may administer it (runners API A.5). */
export async function viewProject(app: App, project: Project, actor: Actor, facts: Facts): Promise<ProjectDetails> {
  const [view] = await viewsOf(app, [project], actor);
  // It was removed since it was looked up.
  if (view === undefined) throw notFound('Project');
  return presentProject({ ...view, runnersToken: await runnersToken(app, project, actor, facts) }, app.url);
}

async function runnersToken(app: App, project: Project, actor: Actor, facts: Facts): Promise<string | null> {
  if (!can(actor, 'project.runners', facts)) return null;
  const { allowRunnerRegistrationToken } = await readSettings(app.db);
  return allowRunnerRegistrationToken ? ensureRegistrationToken(app, { scope: 'project', subjectId: project.id }) : null;
}

async function viewsOf(app: App, projects: readonly Project[], actor: Actor | null): Promise<ProjectView[]> {
  const namespaces = await namespacesById(
    app.db,
    projects.map((project) => project.namespaceId),
  );
  const owners = await usersById(app.db, ownerIds(namespaces));
  const access = actor === null ? null : await accessTo(app.db, actor.user.id, projects, app.clock.now());
  const facts = await Promise.all(projects.map((project) => factsOf(app, project)));
  const views: ProjectView[] = [];
  for (const [index, project] of projects.entries()) {
    const namespace = namespaces.get(project.namespaceId);
    const repository = facts[index];
    // A project that was removed between two of these reads.
    if (namespace === undefined || repository === null || repository === undefined) continue;
    views.push({
      project,
      namespace,
      repository,
      owner: namespace.ownerId === null ? null : (owners.get(namespace.ownerId) ?? null),
      access: access === null ? null : (access.get(project.id) ?? { project: null, group: null }),
      runnersToken: null,
    });
  }
  return views;
}

/** Null for a project that is gone: its repository may go while it is read. */
async function factsOf(app: App, project: Project): Promise<RepositoryFacts | null> {
  try {
    return await app.repositoryFacts(project);
  } catch (error) {
    if ((await findProject(app.db, project.id)) !== null) throw error;
    return null;
  }
}

function ownerIds(namespaces: ReadonlyMap<number, Namespace>): number[] {
  return [...namespaces.values()].flatMap((namespace) => namespace.ownerId ?? []);
}
