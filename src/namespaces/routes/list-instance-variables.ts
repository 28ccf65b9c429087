import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { presentInstanceVariable, InstanceVariable } from '../variable-api.ts';
import { listVariables } from '../variable-store.ts';
import { instanceVariables } from '../variable.ts';

export const listInstanceVariables = route({
  room: 'namespaces',
  operation: 'listInstanceVariables',
  method: 'GET',
  path: '/admin/ci/variables',
  summary: 'Variables of the instance',
  auth: 'admin',
  input: Type.Object(PageParameters),
  reply: Type.Array(InstanceVariable),
  errors: [400, 401, 403],
  async handle(request) {
    const { app, input } = request;
    const page = pageOf(input);
    const found = await listVariables(app.db, app.secrets, instanceVariables, page);
    return paginate(request, page, found).map(presentInstanceVariable);
  },
});
