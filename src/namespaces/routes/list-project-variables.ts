import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { PlaceId } from '../place.ts';
import { presentVariable, Variable } from '../variable-api.ts';
import { listVariables } from '../variable-store.ts';

export const listProjectVariables = route({
  room: 'namespaces',
  operation: 'listProjectVariables',
  method: 'GET',
  path: '/projects/:id/variables',
  summary: 'Variables of a project',
  auth: 'user',
  on: 'project',
  can: 'project.variables',
  params: PlaceId,
  input: Type.Object(PageParameters),
  reply: Type.Array(Variable),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, input, project } = request;
    const page = pageOf(input);
    const found = await listVariables(app.db, app.secrets, { scope: 'project', subjectId: project.id }, page);
    return paginate(request, page, found).map(presentVariable);
  },
});
