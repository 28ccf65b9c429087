import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { NullableString } from '../../http/parameters.ts';
import { commitOf, CommitTarget } from '../commit-input.ts';
import { FileParams } from '../path-parameters.ts';
import { pushCommit } from '../pusher.ts';

export const deleteFile = route({
  room: 'git',
  operation: 'deleteFile',
  method: 'DELETE',
  path: '/projects/:id/repository/files/:file_path',
  summary: 'Commits the removal of a file',
  auth: 'user',
  on: 'project',
  can: 'project.push',
  params: FileParams,
  input: Type.Object({
    ...CommitTarget,
    last_commit_id: Type.Optional(NullableString({ description: 'The last commit of the file that the caller knows.' })),
  }),
  errors: [400, 401, 403, 404],
  async handle({ app, actor, project, facts, params, input }) {
    const action = { action: 'delete' as const, filePath: params.file_path, lastCommitId: input.last_commit_id || null };
    await pushCommit(app, { actor, project, facts }, { ...commitOf(input, actor.user), actions: [action] });
  },
});
