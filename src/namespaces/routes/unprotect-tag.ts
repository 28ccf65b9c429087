import { route } from '../../access/route.ts';
import { unprotectRef } from '../protect-ref.ts';
import { ProtectedRefOf } from '../protected-ref-api.ts';

export const unprotectTag = route({
  room: 'namespaces',
  operation: 'unprotectTag',
  method: 'DELETE',
  path: '/projects/:id/protected_tags/:name',
  summary: 'Removes a rule on tags of a project',
  auth: 'user',
  on: 'project',
  can: 'project.protect',
  params: ProtectedRefOf,
  errors: [401, 403, 404],
  async handle({ app, project, params }) {
    await unprotectRef(app, project.id, 'tag', params.name);
  },
});
