import type { Facts } from '../access/can.ts';
import { levels } from '../access/role.ts';
import type { FoundSubject } from '../access/gate.ts';
import type { Actor } from '../access/user.ts';
import type { App } from '../http/route.ts';
import { isMemberBelow } from './member-scope.ts';
import { levelInGroup, levelInProject } from './member-store.ts';
import { isGroup, type Group, type Namespace } from './namespace.ts';
import { findNamespaceByName } from './namespace-store.ts';
import { findProjectByName } from './project-store.ts';
import type { Project } from './project.ts';

declare module '../access/route.ts' {
  interface Subjects {
    project: { project: Project; facts: Facts };
    group: { group: Group; facts: Facts };
  }
}

/** Finds what `:id` of a path names, with the caller's standing (see `Gate`). */
export async function findSubject(app: App, kind: string, id: string, actor: Actor | null): Promise<FoundSubject | null> {
  if (kind === 'group') {
    const group = await findNamespaceByName(app.db, id);
    if (group === null || !isGroup(group)) return null;
    const facts = await groupFacts(app, group, actor);
    return { value: { group, facts }, facts };
  }
  const project = await findProjectByName(app.db, id);
  if (project === null) return null;
  const facts = await projectFacts(app, project, actor);
  return { value: { project, facts }, facts };
}

/** How a caller stands to a project. Administrators count as owners. */
export async function projectFacts(app: App, project: Project, actor: Actor | null): Promise<Facts> {
  return {
    level: await levelOf(actor, (userId) => levelInProject(app.db, userId, project, app.clock.now())),
    visibility: project.visibility,
    publicJobs: project.publicJobs,
  };
}

/** How a caller stands to a group. */
export async function groupFacts(app: App, group: Namespace, actor: Actor | null): Promise<Facts> {
  const now = app.clock.now();
  const level = await levelOf(actor, (userId) => levelInGroup(app.db, userId, group.id, now));
  const facts = { level, visibility: group.visibility };
  if (actor === null || level >= levels.guest) return facts;
  return { ...facts, memberBelow: await isMemberBelow(app.db, actor.user.id, group.id, now) };
}

async function levelOf(actor: Actor | null, read: (userId: number) => Promise<number>): Promise<number> {
  if (actor === null) return levels.none;
  return actor.user.admin ? levels.owner : read(actor.user.id);
}
