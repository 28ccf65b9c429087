import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { oneVariable } from '../change-variable.ts';
import { presentVariable, Variable, VariableFilter, VariableOf } from '../variable-api.ts';

export const showGroupVariable = route({
  room: 'namespaces',
  operation: 'showGroupVariable',
  method: 'GET',
  path: '/groups/:id/variables/:key',
  summary: 'One variable of a group',
  auth: 'user',
  on: 'group',
  can: 'group.variables',
  params: VariableOf,
  input: Type.Object(VariableFilter),
  reply: Variable,
  errors: [401, 403, 404, 409],
  async handle({ app, group, params, input }) {
    return presentVariable(await oneVariable(app, { scope: 'group', subjectId: group.id }, params.key, input.filter?.environment_scope));
  },
});
