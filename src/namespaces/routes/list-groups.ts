import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { BasicGroup, presentBasicGroup } from '../group-api.ts';
import { GroupFilters, groupFilterOf, groupOrderOf } from '../group-filters.ts';
import { listGroups as readGroups } from '../group-list-store.ts';

export const listGroups = route({
  room: 'namespaces',
  operation: 'listGroups',
  method: 'GET',
  path: '/groups',
  summary: 'Groups that the caller may see',
  auth: 'anyone',
  input: Type.Object({
    ...PageParameters,
    ...GroupFilters,
    top_level_only: Type.Optional(Type.Boolean({ description: 'true: only root groups.' })),
  }),
  reply: Type.Array(BasicGroup),
  errors: [400],
  async handle(request) {
    const { app, actor, input, baseUrl } = request;
    const page = pageOf(input);
    const filter = { ...groupFilterOf(app, actor, input), topLevelOnly: input.top_level_only };
    const found = await readGroups(app.db, filter, groupOrderOf(input), page);
    return paginate(request, page, found).map((group) => presentBasicGroup(group, baseUrl));
  },
});
