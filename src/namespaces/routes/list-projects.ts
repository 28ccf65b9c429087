import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { answerProjects, ProjectFilters, ProjectList } from '../project-filters.ts';

export const listProjects = route({
  room: 'namespaces',
  operation: 'listProjects',
  method: 'GET',
  path: '/projects',
  summary: 'Projects that the caller may see',
  auth: 'anyone',
  input: Type.Object(ProjectFilters),
  reply: ProjectList,
  errors: [400, 405],
  async handle(request) {
    return answerProjects(request);
  },
});
