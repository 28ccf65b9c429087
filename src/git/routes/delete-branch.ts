import { route } from '../../access/route.ts';
import { conflict, notFound, preconditionFailed } from '../../http/errors.ts';
import { unmodifiedSince } from '../../http/headers.ts';
import { findBranch } from '../branch-views.ts';
import { readCommit } from '../commits.ts';
import { BranchParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { pushRef } from '../pusher.ts';
import { ZERO_OID } from '../ref-name.ts';

export const deleteBranch = route({
  room: 'git',
  operation: 'deleteBranch',
  method: 'DELETE',
  path: '/projects/:id/repository/branches/:branch',
  summary: 'Deletes a branch; a protected one is for maintainers, the default branch for nobody',
  auth: 'user',
  on: 'project',
  can: 'project.push',
  params: BranchParams,
  errors: [400, 401, 403, 404, 409, 412],
  async handle({ app, actor, project, facts, params, headers }) {
    const repository = await repositoryOf(app, project);
    const { name, sha } = await findBranch(repository, params.branch);
    const commit = await readCommit(repository, sha);
    if (commit === null) throw notFound('Branch');
    if (!unmodifiedSince(headers['if-unmodified-since'], commit.authoredAt)) throw preconditionFailed();
    const done = await pushRef(app, { actor, project, facts }, { ref: `refs/heads/${name}`, before: sha, after: ZERO_OID });
    if (!done) throw conflict('The branch has just been changed by others; look again before you delete it');
  },
});
