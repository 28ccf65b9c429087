import '../access/app.ts';
import { canRunner } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import { forbidden, invalid, notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import type { Project } from '../namespaces/project.ts';
import { readSettings } from '../namespaces/settings.ts';
import { assignmentOf, lockPlace } from './assignment-store.ts';
import { runnerFacts } from './facts-store.ts';
import { limitComplaint } from './register.ts';
import type { Runner } from './runner.ts';
import { assignProject, findRunner, lockRunner, updateRunner } from './store.ts';

/**
 * Assigns a runner to a project whose runners the caller may look after. The checks and their order are the contract's
 * (runners API A.10); an instance runner stays one (R7).
 */
export async function assignRunner(app: App, actor: Actor, project: Project, runnerId: number): Promise<Runner> {
  const runner = Number.isSafeInteger(runnerId) && runnerId > 0 ? await findRunner(app.db, runnerId) : null;
  if (runner === null) throw notFound('Runner');
  if (runner.type === 'group_type') throw forbidden('Runner is a group runner');
  const { admin } = actor.user;
  if (runner.locked && !admin) throw forbidden('Runner is locked');
  const now = app.clock.now();
  if (!admin && !canRunner(actor, 'runner.assign', await runnerFacts(app.db, actor, runner, now))) throw forbidden('No access granted');
  if (runner.type === 'instance_type') throw forbidden('Runner is an instance runner');
  const { registeredRunnersLimit } = await readSettings(app.db);
  const saved = await app.write(async (tx) => {
    const place = { groupId: null, projectId: project.id };
    if (!(await lockPlace(tx, place)) || (await lockRunner(tx, runner.id)) === null) return null;
    if ((await assignmentOf(tx, runner.id, project.id)).assigned)
      throw invalid({ assign_to: ['Runner is already assigned to this project'] });
    const complaint = await limitComplaint(tx, place, registeredRunnersLimit, now);
    if (complaint !== null) throw invalid(complaint);
    await assignProject(tx, runner.id, project.id, now);
    return updateRunner(tx, runner.id, {}, now);
  });
  if (saved === null) throw notFound('Runner');
  return saved;
}
