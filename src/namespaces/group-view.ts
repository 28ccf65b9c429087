import { can, type Facts } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import { pageOf } from '../http/pagination.ts';
import type { App } from '../http/route.ts';
import './app.ts';
import { presentGroupDetails, type GroupDetails } from './group-api.ts';
import type { Group } from './namespace.ts';
import { listProjects } from './project-list-store.ts';
import { viewProjects } from './project-view.ts';
import { ensureRegistrationToken } from './registration-token-store.ts';
import { readSettings } from './settings.ts';

/** Projects that the page of a group shows at most, as in GitLab. */
const shownProjects = 100;

/**
 * A single group as the caller sees it, with the registration token for its owners (runners API A.5), and with its
 * projects unless they are not wanted.
 */
export async function viewGroup(app: App, group: Group, actor: Actor | null, facts: Facts, withProjects: boolean): Promise<GroupDetails> {
  const filter = { viewer: { actor, now: app.clock.now() }, namespaceId: group.id };
  const page = pageOf({ per_page: shownProjects });
  const found = withProjects ? await listProjects(app.db, filter, { by: 'id', direction: 'desc' }, page) : { rows: [] };
  const projects = await viewProjects(app, found.rows.slice(0, shownProjects), actor);
  return presentGroupDetails(group, { runnersToken: await runnersToken(app, group, actor, facts), projects }, app.url);
}

async function runnersToken(app: App, group: Group, actor: Actor | null, facts: Facts): Promise<string | null> {
  if (!can(actor, 'group.update', facts)) return null;
  const { allowRunnerRegistrationToken } = await readSettings(app.db);
  return allowRunnerRegistrationToken ? ensureRegistrationToken(app, { scope: 'group', subjectId: group.id }) : null;
}
