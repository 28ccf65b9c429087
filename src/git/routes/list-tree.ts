import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { ProjectParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { resolveRef } from '../refs.ts';
import { foldersFirst, presentEntry, TreeEntryReply } from '../tree-api.ts';
import { listTree as readTree } from '../tree.ts';

export const listTree = route({
  room: 'git',
  operation: 'listTree',
  method: 'GET',
  path: '/projects/:id/repository/tree',
  summary: 'Files and folders at a path',
  auth: 'anyone',
  scopes: ['read_repository'],
  on: 'project',
  can: 'project.code',
  params: ProjectParams,
  input: Type.Object({
    ...PageParameters,
    path: Type.Optional(Type.String({ description: 'Path of a folder; default: the root.' })),
    ref: Type.Optional(Type.String({ description: 'Branch, tag or commit; default: the default branch.' })),
    recursive: Type.Optional(Type.Boolean({ description: 'true: also everything in the folders below.' })),
  }),
  reply: Type.Array(TreeEntryReply),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, project, input } = request;
    const page = pageOf(input);
    const repository = await repositoryOf(app, project);
    const found = await resolveRef(repository, input.ref || 'HEAD');
    if (found === null) throw notFound('Tree');
    const entries = await readTree(repository, found.sha, input.path ?? '', input.recursive === true);
    if (entries === null) throw notFound('invalid revision or path');
    const all = foldersFirst(entries);
    const shown = paginate(request, page, { rows: all.slice(page.offset, page.offset + page.limit), total: all.length });
    return shown.map(presentEntry);
  },
});
