import { route } from '../../access/route.ts';
import { changeVariable } from '../change-variable.ts';
import { presentInstanceVariable, InstanceVariable, InstanceVariableChange, InstanceVariableOf } from '../variable-api.ts';
import { instanceVariables } from '../variable.ts';

export const updateInstanceVariable = route({
  room: 'namespaces',
  operation: 'updateInstanceVariable',
  method: 'PUT',
  path: '/admin/ci/variables/:key',
  summary: 'Changes a variable of the instance',
  auth: 'admin',
  params: InstanceVariableOf,
  input: InstanceVariableChange,
  reply: InstanceVariable,
  errors: [400, 401, 403, 404],
  async handle({ app, params, input }) {
    return presentInstanceVariable(await changeVariable(app, instanceVariables, params.key, input));
  },
});
