import { levels } from '../../access/role.ts';
import { route } from '../../access/route.ts';
import { PlaceId } from '../place.ts';
import { protectRef } from '../protect-ref.ts';
import { branchRulesOf, NewProtectedBranch, presentProtectedBranch, ProtectedBranch } from '../protected-ref-api.ts';

export const protectBranch = route({
  room: 'namespaces',
  operation: 'protectBranch',
  method: 'POST',
  path: '/projects/:id/protected_branches',
  summary: 'Protects a branch, or all branches that fit a pattern',
  auth: 'user',
  on: 'project',
  can: 'project.protect',
  params: PlaceId,
  input: NewProtectedBranch,
  status: 201,
  reply: ProtectedBranch,
  errors: [400, 401, 403, 404, 409],
  async handle({ app, project, input }) {
    const rules = { pushLevel: levels.maintainer, mergeLevel: levels.maintainer, allowForcePush: false, ...branchRulesOf(input) };
    return presentProtectedBranch(await protectRef(app, { projectId: project.id, kind: 'branch', name: input.name, ...rules }));
  },
});
