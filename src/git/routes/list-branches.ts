import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { OneOf } from '../../http/parameters.ts';
import { BranchReply } from '../branch-api.ts';
import { viewBranches } from '../branch-views.ts';
import { refNames } from '../history.ts';
import { nameSearch } from '../name-search.ts';
import { ProjectParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { branches } from '../refs.ts';

export const listBranches = route({
  room: 'git',
  operation: 'listBranches',
  method: 'GET',
  path: '/projects/:id/repository/branches',
  summary: 'Branches of a project',
  auth: 'anyone',
  scopes: ['read_repository'],
  on: 'project',
  can: 'project.code',
  params: ProjectParams,
  input: Type.Object({
    ...PageParameters,
    search: Type.Optional(Type.String({ description: 'A part of the name; `^` and `$` stand for its beginning and end.' })),
    sort: Type.Optional(OneOf(['name_asc', 'updated_asc', 'updated_desc'], { description: 'Order.', default: 'name_asc' })),
  }),
  reply: Type.Array(BranchReply),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, actor, project, facts, input } = request;
    const page = pageOf(input);
    const repository = await repositoryOf(app, project);
    const [order, direction] = (input.sort ?? 'name_asc').split('_') as ['name' | 'updated', 'asc' | 'desc'];
    const names = (await refNames(repository, 'heads', order, direction)).filter(nameSearch(input.search));
    const rows = names.slice(page.offset, page.offset + page.limit);
    const shown = new Set(paginate(request, page, { rows, total: names.length }));
    const found = new Map((await branches(repository)).map((branch) => [branch.name, branch]));
    const listed = [...shown].flatMap((name) => found.get(name) ?? []);
    return viewBranches(app, { actor, project, facts }, repository, listed);
  },
});
