import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { PlaceId } from '../place.ts';
import { presentVariable, Variable } from '../variable-api.ts';
import { listVariables } from '../variable-store.ts';

export const listGroupVariables = route({
  room: 'namespaces',
  operation: 'listGroupVariables',
  method: 'GET',
  path: '/groups/:id/variables',
  summary: 'Variables of a group',
  auth: 'user',
  on: 'group',
  can: 'group.variables',
  params: PlaceId,
  input: Type.Object(PageParameters),
  reply: Type.Array(Variable),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, input, group } = request;
    const page = pageOf(input);
    const found = await listVariables(app.db, app.secrets, { scope: 'group', subjectId: group.id }, page);
    return paginate(request, page, found).map(presentVariable);
  },
});
