import '../access/app.ts';
import { canRunner, type RunnerFacts } from '../access/can.ts';
import { usersById } from '../access/store.ts';
import type { Actor } from '../access/user.ts';
import type { App } from '../http/route.ts';
import { presentGroupLink } from '../namespaces/group-api.ts';
import { levelInGroup } from '../namespaces/member-store.ts';
import { namespacesById } from '../namespaces/namespace-store.ts';
import { presentBasicProject, type BasicProject } from '../namespaces/project-api.ts';
import type { Project } from '../namespaces/project.ts';
import { readSettings } from '../namespaces/settings.ts';
import './app.ts';
import { presentRunner, presentRunnerDetails, type RunnerDetails, type RunnerEntry, type RunnerView } from './api.ts';
import { groupOfRunner, memberProjects, projectsOfRunner } from './assignment-store.ts';
import { freshContact } from './contact.ts';
import type { Runner } from './runner.ts';
import { tokenOf } from './store.ts';

async function viewOf(app: App, runners: readonly Runner[]): Promise<RunnerView> {
  const ids = runners.map((runner) => runner.id);
  const creators = runners.map((runner) => runner.creatorId).filter((id) => id !== null);
  return { now: app.clock.now(), url: app.url, busy: await app.isBusy(ids), users: await usersById(app.db, creators) };
}

/** Runners as lists show them. */
export async function runnerEntries(app: App, runners: readonly Runner[]): Promise<RunnerEntry[]> {
  const view = await viewOf(app, runners);
  return runners.map((runner) => presentRunner(freshContact(app.contacts, runner), view));
}

/** A runner as its own page shows it to the caller. */
export async function runnerDetails(
  app: App,
  actor: Actor,
  runner: Runner,
  facts: RunnerFacts,
  includeProjects = true,
): Promise<RunnerDetails> {
  const mayUpdate = canRunner(actor, 'runner.update', facts);
  const showToken = mayUpdate && !(await readSettings(app.db)).hideRunnerTokens;
  const group = runner.type === 'group_type' ? await groupOfRunner(app.db, runner.id) : null;
  const seesGroup = group !== null && (actor.user.admin || (await levelInGroup(app.db, actor.user.id, group.id, app.clock.now())) > 0);
  return presentRunnerDetails(freshContact(app.contacts, runner), {
    ...(await viewOf(app, [runner])),
    token: showToken ? await tokenOf(app.db, app.secrets, runner.id) : null,
    showNote: mayUpdate,
    projects: includeProjects ? await presentProjects(app, await visibleProjects(app, actor, runner)) : null,
    groups: group !== null && seesGroup ? [presentGroupLink(group, app.url)] : [],
  });
}

/** Projects that a runner is assigned to and that the caller may see. */
export async function visibleProjects(app: App, actor: Actor, runner: Runner): Promise<Project[]> {
  if (runner.type !== 'project_type') return [];
  return memberProjects(app.db, actor, await projectsOfRunner(app.db, runner.id), app.clock.now());
}

/** Projects in their basic form. */
export async function presentProjects(app: App, projects: readonly Project[]): Promise<BasicProject[]> {
  const namespaces = await namespacesById(
    app.db,
    projects.map((project) => project.namespaceId),
  );
  return projects.flatMap((project) => {
    const namespace = namespaces.get(project.namespaceId);
    return namespace === undefined ? [] : [presentBasicProject(project, namespace, app.url)];
  });
}
