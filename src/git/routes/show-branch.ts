import { route } from '../../access/route.ts';
import { BranchReply } from '../branch-api.ts';
import { findBranch, viewBranch } from '../branch-views.ts';
import { BranchParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';

export const showBranch = route({
  room: 'git',
  operation: 'showBranch',
  method: 'GET',
  path: '/projects/:id/repository/branches/:branch',
  summary: 'A branch',
  auth: 'anyone',
  scopes: ['read_repository'],
  on: 'project',
  can: 'project.code',
  params: BranchParams,
  reply: BranchReply,
  errors: [401, 403, 404],
  async handle({ app, actor, project, facts, params }) {
    const repository = await repositoryOf(app, project);
    return viewBranch(app, { actor, project, facts }, repository, await findBranch(repository, params.branch));
  },
});
