import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { OneOf } from '../../http/parameters.ts';
import { refNames } from '../history.ts';
import { nameSearch } from '../name-search.ts';
import { ProjectParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { tags } from '../refs.ts';
import { TagReply } from '../tag-api.ts';
import { viewTags } from '../tag-views.ts';

export const listTags = route({
  room: 'git',
  operation: 'listTags',
  method: 'GET',
  path: '/projects/:id/repository/tags',
  summary: 'Tags of a project',
  auth: 'anyone',
  scopes: ['read_repository'],
  on: 'project',
  can: 'project.code',
  params: ProjectParams,
  input: Type.Object({
    ...PageParameters,
    order_by: Type.Optional(OneOf(['name', 'updated', 'version'], { description: 'Order.', default: 'updated' })),
    sort: Type.Optional(OneOf(['asc', 'desc'], { description: 'Direction.', default: 'desc' })),
    search: Type.Optional(Type.String({ description: 'A part of the name; `^` and `$` stand for its beginning and end.' })),
  }),
  reply: Type.Array(TagReply),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, project, input } = request;
    const page = pageOf(input);
    const repository = await repositoryOf(app, project);
    const ordered = await refNames(repository, 'tags', input.order_by ?? 'updated', input.sort ?? 'desc');
    const names = ordered.filter(nameSearch(input.search));
    const rows = names.slice(page.offset, page.offset + page.limit);
    const shown = paginate(request, page, { rows, total: names.length });
    const found = new Map((await tags(repository)).map((tag) => [tag.name, tag]));
    const listed = shown.flatMap((name) => found.get(name) ?? []);
    return viewTags(app, project, repository, listed);
  },
});
