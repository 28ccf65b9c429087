import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { pageOf, paginate } from '../../http/pagination.ts';
import { RunnerEntry } from '../api.ts';
import { runnerEntries } from '../details.ts';
import { filterOf, ListParameters } from '../list-parameters.ts';
import { listRunners } from '../list-store.ts';

export const listOwnedRunners = route({
  room: 'runners',
  operation: 'listOwnedRunners',
  method: 'GET',
  path: '/runners',
  summary: 'Runners that the caller looks after: of own projects and own groups',
  auth: 'user',
  input: ListParameters,
  reply: Type.Array(RunnerEntry),
  errors: [400, 401],
  async handle(request) {
    const { app, actor, input } = request;
    const page = pageOf(input);
    const scope = { kind: 'owned', userId: actor.user.id } as const;
    const found = await listRunners(app.db, scope, filterOf(input, true), page, app.clock.now());
    return runnerEntries(app, paginate(request, page, found, true));
  },
});
