import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { PlaceId } from '../place.ts';
import { presentProtectedBranch, ProtectedBranch } from '../protected-ref-api.ts';
import { listProtectedRefs } from '../protected-ref-store.ts';

export const listProtectedBranches = route({
  room: 'namespaces',
  operation: 'listProtectedBranches',
  method: 'GET',
  path: '/projects/:id/protected_branches',
  summary: 'Rules on branches of a project',
  auth: 'user',
  on: 'project',
  can: 'project.readProtection',
  params: PlaceId,
  input: Type.Object({ ...PageParameters, search: Type.Optional(Type.String({ description: 'Part of the name.' })) }),
  reply: Type.Array(ProtectedBranch),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, project, input } = request;
    const page = pageOf(input);
    const found = await listProtectedRefs(app.db, { projectId: project.id, kind: 'branch', search: input.search ?? '' }, page);
    return paginate(request, page, found).map(presentProtectedBranch);
  },
});
