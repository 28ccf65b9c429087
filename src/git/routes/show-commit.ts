import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { CommitDetails, presentCommitDetails } from '../commit-api.ts';
import { readCommit } from '../commits.ts';
import { commitStats } from '../history.ts';
import { CommitParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { resolveRef } from '../refs.ts';

export const showCommit = route({
  room: 'git',
  operation: 'showCommit',
  method: 'GET',
  path: '/projects/:id/repository/commits/:sha',
  summary: 'A commit by its id, or the one that a branch or tag leads to',
  auth: 'anyone',
  scopes: ['read_repository'],
  on: 'project',
  can: 'project.code',
  params: CommitParams,
  input: Type.Object({ stats: Type.Optional(Type.Boolean({ description: 'Whether changed lines are counted.', default: true })) }),
  reply: CommitDetails,
  errors: [400, 401, 403, 404],
  async handle({ app, project, params, input }) {
    const repository = await repositoryOf(app, project);
    const found = await resolveRef(repository, params.sha);
    const commit = found === null ? null : await readCommit(repository, found.sha);
    if (commit === null) throw notFound('Commit');
    const stats = input.stats === false ? undefined : (await commitStats(repository, [commit.id])).get(commit.id);
    return presentCommitDetails(commit, project, app.url, stats);
  },
});
