import { route } from '../../access/route.ts';
import type { CommitAction } from '../commit-actions.ts';
import { commitBodyLimit, commitOf, contentOf, FileParameters } from '../commit-input.ts';
import { FileChangeReply } from '../file-api.ts';
import { mayCommitAtLength } from '../large-commit.ts';
import { FileParams } from '../path-parameters.ts';
import { pushCommit } from '../pusher.ts';

export const updateFile = route({
  room: 'git',
  operation: 'updateFile',
  method: 'PUT',
  path: '/projects/:id/repository/files/:file_path',
  summary: 'Commits another content of a file',
  auth: 'user',
  on: 'project',
  can: 'project.push',
  params: FileParams,
  input: FileParameters,
  bodyLimit: commitBodyLimit,
  largeBody: mayCommitAtLength,
  reply: FileChangeReply,
  errors: [400, 401, 403, 404, 413],
  async handle({ app, actor, project, facts, params, input }) {
    const filePath = params.file_path;
    const actions: CommitAction[] = [{ action: 'update', filePath, content: contentOf(input), lastCommitId: input.last_commit_id || null }];
    if (input.execute_filemode !== undefined) actions.push({ action: 'chmod', filePath, executeFilemode: input.execute_filemode });
    await pushCommit(app, { actor, project, facts }, { ...commitOf(input, actor.user), actions });
    return { file_path: filePath, branch: input.branch };
  },
});
