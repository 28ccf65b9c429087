import { route } from '../../access/route.ts';
import { commitBodyLimit, commitOf, contentOf, FileParameters } from '../commit-input.ts';
import { FileChangeReply } from '../file-api.ts';
import { mayCommitAtLength } from '../large-commit.ts';
import { FileParams } from '../path-parameters.ts';
import { pushCommit } from '../pusher.ts';

export const createFile = route({
  room: 'git',
  operation: 'createFile',
  method: 'POST',
  path: '/projects/:id/repository/files/:file_path',
  summary: 'Commits a new file',
  auth: 'user',
  on: 'project',
  can: 'project.push',
  params: FileParams,
  input: FileParameters,
  bodyLimit: commitBodyLimit,
  largeBody: mayCommitAtLength,
  status: 201,
  reply: FileChangeReply,
  errors: [400, 401, 403, 404, 413],
  async handle({ app, actor, project, facts, params, input }) {
    const file = { filePath: params.file_path, content: contentOf(input), executeFilemode: input.execute_filemode ?? null };
    const wanted = { ...commitOf(input, actor.user), actions: [{ action: 'create' as const, ...file }] };
    await pushCommit(app, { actor, project, facts }, wanted);
    return { file_path: params.file_path, branch: input.branch };
  },
});
