import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { removeVariable } from '../change-variable.ts';
import { VariableOf, VariableFilter } from '../variable-api.ts';

export const deleteProjectVariable = route({
  room: 'namespaces',
  operation: 'deleteProjectVariable',
  method: 'DELETE',
  path: '/projects/:id/variables/:key',
  summary: 'Removes a variable of a project',
  auth: 'user',
  on: 'project',
  can: 'project.variables',
  params: VariableOf,
  input: Type.Object(VariableFilter),
  errors: [401, 403, 404, 409],
  async handle({ app, project, params, input }) {
    await removeVariable(app, { scope: 'project', subjectId: project.id }, params.key, input.filter?.environment_scope);
  },
});
