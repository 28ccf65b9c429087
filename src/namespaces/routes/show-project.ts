import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PlaceId } from '../place.ts';
import { BasicProject } from '../project-api.ts';
import { ProjectDetails } from '../project-details-api.ts';
import { viewBasicProjects, viewProject } from '../project-view.ts';

export const showProject = route({
  room: 'namespaces',
  operation: 'showProject',
  method: 'GET',
  path: '/projects/:id',
  summary: 'One project; its maintainers also see the registration token',
  auth: 'anyone',
  on: 'project',
  params: PlaceId,
  reply: Type.Union([ProjectDetails, BasicProject]),
  errors: [404],
  async handle({ app, actor, project, facts }) {
    return actor === null ? (await viewBasicProjects(app, [project]))[0] : viewProject(app, project, actor, facts);
  },
});
