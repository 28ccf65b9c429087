import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { CommitDetails, presentCommitDetails } from '../commit-api.ts';
import { actionsOf, commitBodyLimit, commitOf, CommitParameters, refuseUnsupported } from '../commit-input.ts';
import { readCommit } from '../commits.ts';
import { commitStats } from '../history.ts';
import { mayCommitAtLength } from '../large-commit.ts';
import { ProjectParams } from '../path-parameters.ts';
import { pushCommit } from '../pusher.ts';

export const createCommit = route({
  room: 'git',
  operation: 'createCommit',
  method: 'POST',
  path: '/projects/:id/repository/commits',
  summary: 'Makes a commit out of changes to any number of files',
  auth: 'user',
  on: 'project',
  can: 'project.push',
  params: ProjectParams,
  input: CommitParameters,
  bodyLimit: commitBodyLimit,
  largeBody: mayCommitAtLength,
  status: 201,
  reply: CommitDetails,
  errors: [400, 401, 403, 404, 413],
  async handle({ app, actor, project, facts, input }) {
    refuseUnsupported(input);
    const wanted = { ...commitOf(input, actor.user), startSha: input.start_sha ?? null, actions: actionsOf(input.actions) };
    const { after } = await pushCommit(app, { actor, project, facts }, wanted);
    const repository = app.repositories.at(project.id);
    const commit = await readCommit(repository, after);
    if (commit === null) throw notFound('Commit');
    const stats = input.stats === false ? undefined : (await commitStats(repository, [after])).get(after);
    return presentCommitDetails(commit, project, app.url, stats);
  },
});
