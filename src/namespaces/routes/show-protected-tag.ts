import { route } from '../../access/route.ts';
import { protectedRefNamed } from '../protect-ref.ts';
import { presentProtectedTag, ProtectedTag, ProtectedRefOf } from '../protected-ref-api.ts';

export const showProtectedTag = route({
  room: 'namespaces',
  operation: 'showProtectedTag',
  method: 'GET',
  path: '/projects/:id/protected_tags/:name',
  summary: 'One rule on tags of a project',
  auth: 'user',
  on: 'project',
  can: 'project.readProtection',
  params: ProtectedRefOf,
  reply: ProtectedTag,
  errors: [401, 403, 404],
  async handle({ app, project, params }) {
    return presentProtectedTag(await protectedRefNamed(app, project.id, 'tag', params.name));
  },
});
