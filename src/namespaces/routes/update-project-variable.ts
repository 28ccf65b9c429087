import { route } from '../../access/route.ts';
import { changeVariable } from '../change-variable.ts';
import { presentVariable, Variable, VariableChange, VariableOf } from '../variable-api.ts';

export const updateProjectVariable = route({
  room: 'namespaces',
  operation: 'updateProjectVariable',
  method: 'PUT',
  path: '/projects/:id/variables/:key',
  summary: 'Changes a variable of a project',
  auth: 'user',
  on: 'project',
  can: 'project.variables',
  params: VariableOf,
  input: VariableChange,
  reply: Variable,
  errors: [400, 401, 403, 404, 409],
  async handle({ app, project, params, input }) {
    return presentVariable(
      await changeVariable(app, { scope: 'project', subjectId: project.id }, params.key, input, input.filter?.environment_scope),
    );
  },
});
