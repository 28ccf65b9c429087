import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { invalid } from '../../http/errors.ts';
import { BranchReply } from '../branch-api.ts';
import { viewBranch } from '../branch-views.ts';
import { ProjectParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { pushRef } from '../pusher.ts';
import { isShortRefName, ZERO_OID } from '../ref-name.ts';
import { resolveRef } from '../refs.ts';

export const createBranch = route({
  room: 'git',
  operation: 'createBranch',
  method: 'POST',
  path: '/projects/:id/repository/branches',
  summary: 'Makes a branch',
  auth: 'user',
  on: 'project',
  can: 'project.push',
  params: ProjectParams,
  input: Type.Object({
    branch: Type.String({ description: 'Name of the branch.' }),
    ref: Type.String({ description: 'Branch, tag or commit that it begins at.' }),
  }),
  status: 201,
  reply: BranchReply,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, project, facts, input }) {
    const { branch: name, ref } = input;
    if (!isShortRefName(name)) throw invalid('Branch name is invalid');
    const repository = await repositoryOf(app, project);
    const start = await resolveRef(repository, ref);
    if (start === null) throw invalid(`Invalid reference name: ${ref}`);
    const pusher = { actor, project, facts };
    const done = await pushRef(app, pusher, { ref: `refs/heads/${name}`, before: ZERO_OID, after: start.sha });
    if (!done) throw invalid('Branch already exists');
    return viewBranch(app, pusher, repository, { name, sha: start.sha });
  },
});
