import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { pageOf, paginate } from '../../http/pagination.ts';
import { GroupId, RunnerEntry } from '../api.ts';
import { runnerEntries } from '../details.ts';
import { filterOf, GroupListParameters } from '../list-parameters.ts';
import { listRunners } from '../list-store.ts';

export const listGroupRunners = route({
  room: 'runners',
  operation: 'listGroupRunners',
  method: 'GET',
  path: '/groups/:id/runners',
  summary: 'Runners of a group and of the groups above it, and all instance runners',
  auth: 'user',
  on: 'group',
  can: 'group.runners',
  params: GroupId,
  input: GroupListParameters,
  reply: Type.Array(RunnerEntry),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, group, input } = request;
    const page = pageOf(input);
    const found = await listRunners(app.db, { kind: 'group', groupId: group.id }, filterOf(input), page, app.clock.now());
    return runnerEntries(app, paginate(request, page, found, true));
  },
});
