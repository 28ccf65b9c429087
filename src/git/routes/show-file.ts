import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { badParameter } from '../../http/errors.ts';
import { fileHeaders, FileReply, presentFile } from '../file-api.ts';
import { FileParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { findFile } from '../repository-file.ts';

export const showFile = route({
  room: 'git',
  operation: 'showFile',
  method: 'GET',
  path: '/projects/:id/repository/files/:file_path',
  summary: 'A file with its content; with HEAD only what is known of it, in headers',
  auth: 'anyone',
  scopes: ['read_repository'],
  on: 'project',
  can: 'project.code',
  params: FileParams,
  input: Type.Object({ ref: Type.String({ description: 'Branch, tag or commit; `HEAD` is the default branch.' }) }),
  reply: FileReply,
  errors: [400, 401, 403, 404, 413],
  async handle({ app, project, params, input, reply }) {
    if (input.ref === '') throw badParameter('ref is empty');
    const file = await findFile(await repositoryOf(app, project), input.ref, params.file_path);
    fileHeaders(reply, file);
    return presentFile(file);
  },
});
