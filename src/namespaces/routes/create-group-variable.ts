import { route } from '../../access/route.ts';
import { addVariable } from '../change-variable.ts';
import { PlaceId } from '../place.ts';
import { NewVariable, presentVariable, Variable } from '../variable-api.ts';

export const createGroupVariable = route({
  room: 'namespaces',
  operation: 'createGroupVariable',
  method: 'POST',
  path: '/groups/:id/variables',
  summary: 'Sets a new variable of a group',
  auth: 'user',
  on: 'group',
  can: 'group.variables',
  params: PlaceId,
  input: NewVariable,
  status: 201,
  reply: Variable,
  errors: [400, 401, 403, 404],
  async handle({ app, group, input }) {
    return presentVariable(await addVariable(app, { scope: 'group', subjectId: group.id }, input));
  },
});
