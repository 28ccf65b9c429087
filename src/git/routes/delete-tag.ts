import { route } from '../../access/route.ts';
import { conflict, preconditionFailed } from '../../http/errors.ts';
import { unmodifiedSince } from '../../http/headers.ts';
import { readCommit } from '../commits.ts';
import { TagParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { pushRef } from '../pusher.ts';
import { ZERO_OID } from '../ref-name.ts';
import { refValue } from '../refs.ts';
import { findTag } from '../tag-views.ts';

export const deleteTag = route({
  room: 'git',
  operation: 'deleteTag',
  method: 'DELETE',
  path: '/projects/:id/repository/tags/:tag_name',
  summary: 'Deletes a tag; a protected one is for maintainers',
  auth: 'user',
  on: 'project',
  can: 'project.push',
  params: TagParams,
  errors: [400, 401, 403, 404, 409, 412],
  async handle({ app, actor, project, facts, params, headers }) {
    const repository = await repositoryOf(app, project);
    const { name, sha } = await findTag(repository, params.tag_name);
    const ref = `refs/tags/${name}`;
    const [commit, before] = await Promise.all([sha === null ? null : readCommit(repository, sha), refValue(repository, ref)]);
    const condition = headers['if-unmodified-since'];
    if (commit !== null && !unmodifiedSince(condition, commit.authoredAt)) throw preconditionFailed();
    const done = before !== null && (await pushRef(app, { actor, project, facts }, { ref, before, after: ZERO_OID }));
    if (!done) throw conflict('The tag has just been changed by others; look again before you delete it');
  },
});
