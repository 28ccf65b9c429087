import type { User } from '../access/user.ts';
import type { App } from '../http/route.ts';
import { noteActivity } from '../namespaces/project-activity-store.ts';
import type { Project } from '../namespaces/project.ts';
import type { MovedRefs } from './app.ts';
import { isZeroOid } from './ref-name.ts';
import { settleDefaultBranch } from './refs.ts';

/**
 * What follows from refs that have moved, however they were: the default branch is settled after the first branch, the
 * project's activity noted, and the rooms above are told. Gives the lines to be shown to whoever pushed.
 */
export async function refsMoved(app: App, project: Project, user: User, push: MovedRefs): Promise<readonly string[]> {
  const created = push.updates.some(({ ref, before }) => ref.startsWith('refs/heads/') && isZeroOid(before));
  const settled = created ? await settleDefaultBranch(app.repositories.at(project.id)) : project.defaultBranch;
  app.gitMaintenance.note(app.repositories.at(project.id));
  const now = app.clock.now();
  const change = settled === project.defaultBranch ? {} : { defaultBranch: settled };
  await app.write((tx) => noteActivity(tx, project.id, change, now));
  return app.refsUpdated({ ...project, ...change, lastActivityAt: now }, user, push);
}
