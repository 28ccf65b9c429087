import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { protectedRefNamed } from '../protect-ref.ts';
import { BranchRulesChange, branchRulesOf, presentProtectedBranch, ProtectedBranch, ProtectedRefOf } from '../protected-ref-api.ts';
import { updateProtectedRef } from '../protected-ref-store.ts';

export const updateProtectedBranch = route({
  room: 'namespaces',
  operation: 'updateProtectedBranch',
  method: 'PATCH',
  path: '/projects/:id/protected_branches/:name',
  summary: 'Changes a rule on branches of a project',
  auth: 'user',
  on: 'project',
  can: 'project.protect',
  params: ProtectedRefOf,
  input: BranchRulesChange,
  reply: ProtectedBranch,
  errors: [400, 401, 403, 404],
  async handle({ app, project, params, input }) {
    const ref = await protectedRefNamed(app, project.id, 'branch', params.name);
    const rules = branchRulesOf(input);
    const changed = Object.keys(rules).length === 0 ? ref : await app.write((tx) => updateProtectedRef(tx, ref.id, rules));
    if (changed === null) throw notFound();
    return presentProtectedBranch(changed);
  },
});
