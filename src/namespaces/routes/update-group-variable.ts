import { route } from '../../access/route.ts';
import { changeVariable } from '../change-variable.ts';
import { presentVariable, Variable, VariableChange, VariableOf } from '../variable-api.ts';

export const updateGroupVariable = route({
  room: 'namespaces',
  operation: 'updateGroupVariable',
  method: 'PUT',
  path: '/groups/:id/variables/:key',
  summary: 'Changes a variable of a group',
  auth: 'user',
  on: 'group',
  can: 'group.variables',
  params: VariableOf,
  input: VariableChange,
  reply: Variable,
  errors: [400, 401, 403, 404, 409],
  async handle({ app, group, params, input }) {
    return presentVariable(
      await changeVariable(app, { scope: 'group', subjectId: group.id }, params.key, input, input.filter?.environment_scope),
    );
  },
});
