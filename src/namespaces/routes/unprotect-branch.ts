import { route } from '../../access/route.ts';
import { unprotectRef } from '../protect-ref.ts';
import { ProtectedRefOf } from '../protected-ref-api.ts';

export const unprotectBranch = route({
  room: 'namespaces',
  operation: 'unprotectBranch',
  method: 'DELETE',
  path: '/projects/:id/protected_branches/:name',
  summary: 'Removes a rule on branches of a project',
  auth: 'user',
  on: 'project',
  can: 'project.protect',
  params: ProtectedRefOf,
  errors: [401, 403, 404],
  async handle({ app, project, params }) {
    await unprotectRef(app, project.id, 'branch', params.name);
  },
});
