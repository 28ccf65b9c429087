import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { badParameter, notFound } from '../../http/errors.ts';
import { OlderNoteName, RunnerDetails, RunnerId, RunnerParameters } from '../api.ts';
import { runnerDetails } from '../details.ts';
import { runnerFor } from '../find.ts';
import { mustNotBothBeGiven } from '../register.ts';
import { mustBeValid } from '../rules.ts';
import { lockRunner, updateRunner as saveRunner } from '../store.ts';
import { changesOf } from '../update.ts';

const names = Object.keys(RunnerParameters);
const olderName = 'maintainer_note';

export const updateRunner = route({
  room: 'runners',
  operation: 'updateRunner',
  method: 'PUT',
  path: '/runners/:id',
  summary: 'Changes a runner; `tag_list` replaces all tags',
  auth: 'user',
  scopes: ['manage_runner'],
  also: 'runner.update',
  params: RunnerId,
  input: Type.Object({ ...RunnerParameters, [olderName]: OlderNoteName }),
  reply: RunnerDetails,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, params, input, given }) {
    mustNotBothBeGiven(given, 'active', 'paused');
    mustNotBothBeGiven(given, olderName, 'maintenance_note');
    if (![...names, olderName].some((name) => given[name] !== undefined))
      throw badParameter(`${names.join(', ')} are missing, at least one parameter must be provided`);
    const { runner, facts } = await runnerFor(app, actor, params.id, 'runner.update');
    const changes = { ...changesOf(input), pausedBy: actor.user.id };
    const saved = await app.write(async (tx) => {
      const before = await lockRunner(tx, runner.id);
      if (before === null) return null;
      mustBeValid({ ...before, ...changes, tagsChanged: changes.tags !== undefined });
      return saveRunner(tx, runner.id, changes, app.clock.now());
    });
    if (saved === null) throw notFound('Runner');
    return runnerDetails(app, actor, saved, facts);
  },
});
