import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { RunnerId, RunnerManagerEntry } from '../api.ts';
import { managerEntry } from '../details.ts';
import { runnerFor } from '../find.ts';
import { managersOf } from '../manager-store.ts';

export const listRunnerManagers = route({
  room: 'runners',
  operation: 'listRunnerManagers',
  method: 'GET',
  path: '/runners/:id/managers',
  summary: 'The machines that use the token of a runner',
  auth: 'user',
  scopes: ['manage_runner'],
  also: 'runner.read',
  params: RunnerId,
  reply: Type.Array(RunnerManagerEntry),
  errors: [400, 401, 403, 404],
  async handle({ app, actor, params }) {
    const { runner } = await runnerFor(app, actor, params.id, 'runner.read');
    const busy = await app.busyManagers(runner.id);
    const managers = await managersOf(app.db, runner.id);
    return managers.map((manager) => managerEntry(app, manager, busy));
  },
});
