import { isUtf8 } from 'node:buffer';
import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { content } from '../../http/route.ts';
import { fileHeaders } from '../file-api.ts';
import { FileParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { findFile } from '../repository-file.ts';

export const showRawFile = route({
  room: 'git',
  operation: 'showRawFile',
  method: 'GET',
  path: '/projects/:id/repository/files/:file_path/raw',
  summary: 'The bytes of a file',
  auth: 'anyone',
  scopes: ['read_repository'],
  on: 'project',
  can: 'project.code',
  params: FileParams,
  input: Type.Object({ ref: Type.Optional(Type.String({ description: 'Branch, tag or commit; default: the default branch.' })) }),
  reply: Type.String({ description: 'The bytes as they are.' }),
  errors: [400, 401, 403, 404, 413],
  async handle({ app, project, params, input, reply }) {
    const file = await findFile(await repositoryOf(app, project), input.ref || 'HEAD', params.file_path);
    fileHeaders(reply, file);
    // Nothing that somebody has committed may run as a page of this server.
    reply.header('X-Content-Type-Options', 'nosniff');
    reply.header('Content-Disposition', 'inline');
    const isText = isUtf8(file.bytes) && !file.bytes.includes(0);
    return content(isText ? 'text/plain; charset=utf-8' : 'application/octet-stream', file.bytes);
  },
});
