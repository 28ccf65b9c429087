import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { pageOf, PageParameters, paginate } from '../../http/pagination.ts';
import { BasicProject } from '../../namespaces/project-api.ts';
import { RunnerId } from '../api.ts';
import { countProjectsOfRunner, projectsOfRunner } from '../assignment-store.ts';
import { presentProjects, viewerOf } from '../details.ts';
import { runnerFor } from '../find.ts';

export const listRunnerProjects = route({
  room: 'runners',
  operation: 'listRunnerProjects',
  method: 'GET',
  path: '/runners/:id/projects',
  summary: 'Projects that a runner is assigned to and that the caller may see',
  auth: 'user',
  scopes: ['manage_runner'],
  also: 'runner.read',
  params: RunnerId,
  input: Type.Object(PageParameters),
  reply: Type.Array(BasicProject),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, actor, params, input } = request;
    const { runner } = await runnerFor(app, actor, params.id, 'runner.read');
    const page = pageOf(input);
    const viewer = viewerOf(app, actor);
    const rows = await projectsOfRunner(app.db, runner.id, viewer, page);
    const total = await countProjectsOfRunner(app.db, runner.id, viewer);
    return presentProjects(app, paginate(request, page, { rows, total }));
  },
});
