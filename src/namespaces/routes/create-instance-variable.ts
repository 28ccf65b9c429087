import { route } from '../../access/route.ts';
import { addVariable } from '../change-variable.ts';
import { NewInstanceVariable, presentInstanceVariable, InstanceVariable } from '../variable-api.ts';
import { instanceVariables } from '../variable.ts';

export const createInstanceVariable = route({
  room: 'namespaces',
  operation: 'createInstanceVariable',
  method: 'POST',
  path: '/admin/ci/variables',
  summary: 'Sets a new variable of the instance',
  auth: 'admin',
  input: NewInstanceVariable,
  status: 201,
  reply: InstanceVariable,
  errors: [400, 401, 403],
  async handle({ app, input }) {
    return presentInstanceVariable(await addVariable(app, instanceVariables, input));
  },
});
