import { route } from '../../access/route.ts';
import { protectedRefNamed } from '../protect-ref.ts';
import { presentProtectedBranch, ProtectedBranch, ProtectedRefOf } from '../protected-ref-api.ts';

export const showProtectedBranch = route({
  room: 'namespaces',
  operation: 'showProtectedBranch',
  method: 'GET',
  path: '/projects/:id/protected_branches/:name',
  summary: 'One rule on branches of a project',
  auth: 'user',
  on: 'project',
  can: 'project.readProtection',
  params: ProtectedRefOf,
  reply: ProtectedBranch,
  errors: [401, 403, 404],
  async handle({ app, project, params }) {
    return presentProtectedBranch(await protectedRefNamed(app, project.id, 'branch', params.name));
  },
});
