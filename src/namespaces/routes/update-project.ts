import { Type } from 'typebox';
import { requireOneOf } from '../../access/parameter-rules.ts';
import { route } from '../../access/route.ts';
import { changeProject } from '../change-project.ts';
import { PlaceId } from '../place.ts';
import { ProjectDetails } from '../project-details-api.ts';
import { ProjectParameters } from '../project-input.ts';
import { viewProject } from '../project-view.ts';

export const updateProject = route({
  room: 'namespaces',
  operation: 'updateProject',
  method: 'PUT',
  path: '/projects/:id',
  summary: 'Changes a project; its name and visibility are for owners',
  auth: 'user',
  on: 'project',
  can: 'project.update',
  also: 'project.rename',
  params: PlaceId,
  input: Type.Object(ProjectParameters),
  reply: ProjectDetails,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, project, facts, input, given }) {
    requireOneOf(given, Object.keys(ProjectParameters));
    return viewProject(app, await changeProject(app, actor, { project, facts }, input), actor, facts);
  },
});
