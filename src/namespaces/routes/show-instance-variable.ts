import { route } from '../../access/route.ts';
import { oneVariable } from '../change-variable.ts';
import { presentInstanceVariable, InstanceVariable, InstanceVariableOf } from '../variable-api.ts';
import { instanceVariables } from '../variable.ts';

export const showInstanceVariable = route({
  room: 'namespaces',
  operation: 'showInstanceVariable',
  method: 'GET',
  path: '/admin/ci/variables/:key',
  summary: 'One variable of the instance',
  auth: 'admin',
  params: InstanceVariableOf,
  reply: InstanceVariable,
  errors: [401, 403, 404],
  async handle({ app, params }) {
    return presentInstanceVariable(await oneVariable(app, instanceVariables, params.key));
  },
});
