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
import {
  presentManager,
  presentRunner,
  presentRunnerDetails,
  type RunnerDetails,
  type RunnerEntry,
  type RunnerManagerEntry,
  type RunnerView,
} from './api.ts';
import { groupOfRunner, projectsOfRunner, type Viewer } from './assignment-store.ts';
import { freshContact, freshManager, latestManager, managerLiveness, runnerLiveness } from './contact.ts';
import type { Runner, RunnerManager } from './runner.ts';
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
  const shown = await withLatestManager(app, freshContact(app.contacts, runner));
  return presentRunnerDetails(shown, {
    ...(await viewOf(app, [runner])),
    token: showToken ? await tokenOf(app.db, app.secrets, runner.id) : null,
    showNote: mayUpdate,
    projects: includeProjects ? await presentProjects(app, await projectsOfRunner(app.db, runner.id, viewerOf(app, actor))) : null,
    groups: group !== null && seesGroup ? [presentGroupLink(group, app.url)] : [],
    liveness: runnerLiveness(app.contacts, runner, app.clock.now()),
  });
}

/** A machine of a runner. `busy` are the ids of managers with a running job. */
export function managerEntry(app: App, manager: RunnerManager, busy: ReadonlySet<number>): RunnerManagerEntry {
  const now = app.clock.now();
  return presentManager(freshManager(app.contacts, manager), { now, busy, liveness: managerLiveness(app.contacts, manager, now) });
}

/** A runner with what the manager with the latest contact says of itself, as far as it says anything (runners API B.1). */
async function withLatestManager(app: App, runner: Runner): Promise<Runner> {
  const manager = await latestManager(app, runner.id);
  if (manager === null) return runner;
  return {
    ...runner,
    version: manager.version ?? runner.version,
    revision: manager.revision ?? runner.revision,
    platform: manager.platform ?? runner.platform,
    architecture: manager.architecture ?? runner.architecture,
  };
}

/** Whose projects `actor` sees of a runner. */
export function viewerOf(app: App, actor: Actor): Viewer {
  return actor.user.admin ? null : { userId: actor.user.id, now: app.clock.now() };
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
