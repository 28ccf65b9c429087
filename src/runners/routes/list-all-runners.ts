import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { pageOf, paginate } from '../../http/pagination.ts';
import { RunnerEntry } from '../api.ts';
import { runnerEntries } from '../details.ts';
import { filterOf, ListParameters } from '../list-parameters.ts';
import { listRunners } from '../list-store.ts';

export const listAllRunners = route({
  room: 'runners',
  operation: 'listAllRunners',
  method: 'GET',
  path: '/runners/all',
  summary: 'All runners of the server',
  auth: 'admin',
  input: ListParameters,
  reply: Type.Array(RunnerEntry),
  errors: [400, 401, 403],
  async handle(request) {
    const { app, input } = request;
    const page = pageOf(input);
    const found = await listRunners(app.db, { kind: 'all' }, filterOf(input), page, app.clock.now());
    return runnerEntries(app, paginate(request, page, found, true));
  },
});
