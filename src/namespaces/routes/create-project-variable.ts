import { route } from '../../access/route.ts';
import { addVariable } from '../change-variable.ts';
import { PlaceId } from '../place.ts';
import { NewVariable, presentVariable, Variable } from '../variable-api.ts';

export const createProjectVariable = route({
  room: 'namespaces',
  operation: 'createProjectVariable',
  method: 'POST',
  path: '/projects/:id/variables',
  summary: 'Sets a new variable of a project',
  auth: 'user',
  on: 'project',
  can: 'project.variables',
  params: PlaceId,
  input: NewVariable,
  status: 201,
  reply: Variable,
  errors: [400, 401, 403, 404],
  async handle({ app, project, input }) {
    return presentVariable(await addVariable(app, { scope: 'project', subjectId: project.id }, input));
  },
});
