import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { oneVariable } from '../change-variable.ts';
import { presentVariable, Variable, VariableFilter, VariableOf } from '../variable-api.ts';

export const showProjectVariable = route({
  room: 'namespaces',
  operation: 'showProjectVariable',
  method: 'GET',
  path: '/projects/:id/variables/:key',
  summary: 'One variable of a project',
  auth: 'user',
  on: 'project',
  can: 'project.variables',
  params: VariableOf,
  input: Type.Object(VariableFilter),
  reply: Variable,
  errors: [401, 403, 404, 409],
  async handle({ app, project, params, input }) {
    return presentVariable(
      await oneVariable(app, { scope: 'project', subjectId: project.id }, params.key, input.filter?.environment_scope),
    );
  },
});
