import { route } from '../../access/route.ts';
import { removeVariable } from '../change-variable.ts';
import { InstanceVariableOf } from '../variable-api.ts';
import { instanceVariables } from '../variable.ts';

export const deleteInstanceVariable = route({
  room: 'namespaces',
  operation: 'deleteInstanceVariable',
  method: 'DELETE',
  path: '/admin/ci/variables/:key',
  summary: 'Removes a variable of the instance',
  auth: 'admin',
  params: InstanceVariableOf,
  errors: [401, 403, 404],
  async handle({ app, params }) {
    await removeVariable(app, instanceVariables, params.key);
  },
});
