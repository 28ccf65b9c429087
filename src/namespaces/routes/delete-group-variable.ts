import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { removeVariable } from '../change-variable.ts';
import { VariableOf, VariableFilter } from '../variable-api.ts';

export const deleteGroupVariable = route({
  room: 'namespaces',
  operation: 'deleteGroupVariable',
  method: 'DELETE',
  path: '/groups/:id/variables/:key',
  summary: 'Removes a variable of a group',
  auth: 'user',
  on: 'group',
  can: 'group.variables',
  params: VariableOf,
  input: Type.Object(VariableFilter),
  errors: [401, 403, 404, 409],
  async handle({ app, group, params, input }) {
    await removeVariable(app, { scope: 'group', subjectId: group.id }, params.key, input.filter?.environment_scope);
  },
});
