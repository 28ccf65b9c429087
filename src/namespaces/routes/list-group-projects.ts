import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PlaceId } from '../place.ts';
import { answerProjects, ProjectFilters, ProjectList } from '../project-filters.ts';

export const listGroupProjects = route({
  room: 'namespaces',
  operation: 'listGroupProjects',
  method: 'GET',
  path: '/groups/:id/projects',
  summary: 'Projects of a group that the caller may see',
  auth: 'anyone',
  on: 'group',
  params: PlaceId,
  input: Type.Object({
    ...ProjectFilters,
    include_subgroups: Type.Optional(Type.Boolean({ default: false, description: 'true: also those of the groups below.' })),
  }),
  reply: ProjectList,
  errors: [400, 404, 405],
  async handle(request) {
    return answerProjects(request, { namespaceId: request.group.id, includeSubgroups: request.input.include_subgroups });
  },
});
