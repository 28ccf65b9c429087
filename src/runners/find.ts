import '../access/app.ts';
import { canRunner, type RunnerAction, type RunnerFacts } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import { forbidden, notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { runnerFacts } from './facts-store.ts';
import type { Runner } from './runner.ts';
import { findRunner } from './store.ts';

/**
 * The runner with this id, for a caller who may do `action` to it. Throws 404 for an unknown one and 403, never 404, for one that the
 * caller may not touch (runners API A.6).
 */
export async function runnerFor(app: App, actor: Actor, id: number, action: RunnerAction): Promise<{ runner: Runner; facts: RunnerFacts }> {
  const runner = Number.isSafeInteger(id) && id > 0 ? await findRunner(app.db, id) : null;
  if (runner === null) throw notFound('Runner');
  const facts = await runnerFacts(app.db, actor, runner, app.clock.now());
  // A runner of several projects is told apart first (runners API A.8).
  if (action === 'runner.delete' && !actor.user.admin && facts.projectCount > 1)
    throw forbidden('Runner associated with more than one project');
  if (!canRunner(actor, action, facts)) throw forbidden('No access granted');
  return { runner, facts };
}
