import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { pageOf, paginate } from '../../http/pagination.ts';
import { ProjectId, RunnerEntry } from '../api.ts';
import { runnerEntries } from '../details.ts';
import { filterOf, ListParameters } from '../list-parameters.ts';
import { listRunners } from '../list-store.ts';

export const listProjectRunners = route({
  room: 'runners',
  operation: 'listProjectRunners',
  method: 'GET',
  path: '/projects/:id/runners',
  summary:
    'Runners that a project could use: its own, those of its groups, and all instance runners, also while they are switched off for it',
  auth: 'user',
  on: 'project',
  can: 'project.runners',
  params: ProjectId,
  input: ListParameters,
  reply: Type.Array(RunnerEntry),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, project, input } = request;
    const page = pageOf(input);
    const scope = { kind: 'project', projectId: project.id, namespaceId: project.namespaceId } as const;
    const found = await listRunners(app.db, scope, filterOf(input), page, app.clock.now());
    return runnerEntries(app, paginate(request, page, found, true));
  },
});
