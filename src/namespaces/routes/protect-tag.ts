import { route } from '../../access/route.ts';
import { PlaceId } from '../place.ts';
import { protectRef } from '../protect-ref.ts';
import { NewProtectedTag, presentProtectedTag, ProtectedTag, tagLevelOf } from '../protected-ref-api.ts';

export const protectTag = route({
  room: 'namespaces',
  operation: 'protectTag',
  method: 'POST',
  path: '/projects/:id/protected_tags',
  summary: 'Protects a tag, or all tags that fit a pattern',
  auth: 'user',
  on: 'project',
  can: 'project.protect',
  params: PlaceId,
  input: NewProtectedTag,
  status: 201,
  reply: ProtectedTag,
  errors: [400, 401, 403, 404, 409],
  async handle({ app, project, input }) {
    const pushLevel = tagLevelOf(input);
    const rules = { pushLevel, mergeLevel: pushLevel, allowForcePush: false };
    return presentProtectedTag(await protectRef(app, { projectId: project.id, kind: 'tag', name: input.name, ...rules }));
  },
});
