import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { findUser } from '../../access/store.ts';
import { findUserByName } from '../../access/user-store.ts';
import { notFound } from '../../http/errors.ts';
import { findUserNamespace, isId } from '../namespace-store.ts';
import { answerProjects, ProjectFilters, ProjectList } from '../project-filters.ts';

export const listUserProjects = route({
  room: 'namespaces',
  operation: 'listUserProjects',
  method: 'GET',
  path: '/users/:id/projects',
  summary: 'Projects in a user’s own namespace that the caller may see',
  auth: 'anyone',
  params: Type.Object({ id: Type.String({ description: 'Id or name of the user.' }) }),
  input: Type.Object(ProjectFilters),
  reply: ProjectList,
  errors: [400, 404, 405],
  async handle(request) {
    const { app, params } = request;
    const user = isId(params.id) ? await findUser(app.db, Number(params.id)) : await findUserByName(app.db, params.id);
    const namespace = user === null ? null : await findUserNamespace(app.db, user.id);
    if (namespace === null) throw notFound('User');
    return answerProjects(request, { namespaceId: namespace.id });
  },
});
