import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { BasicGroup, presentBasicGroup } from '../group-api.ts';
import { GroupFilters, groupFilterOf, groupOrderOf } from '../group-filters.ts';
import { listGroups } from '../group-list-store.ts';
import { PlaceId } from '../place.ts';

export const listSubgroups = route({
  room: 'namespaces',
  operation: 'listSubgroups',
  method: 'GET',
  path: '/groups/:id/subgroups',
  summary: 'Groups directly below a group that the caller may see',
  auth: 'anyone',
  on: 'group',
  params: PlaceId,
  input: Type.Object({ ...PageParameters, ...GroupFilters }),
  reply: Type.Array(BasicGroup),
  errors: [400, 404],
  async handle(request) {
    const { app, actor, group, input, baseUrl } = request;
    const page = pageOf(input);
    const filter = { ...groupFilterOf(app, actor, input), parentId: group.id };
    const found = await listGroups(app.db, filter, groupOrderOf(input), page);
    return paginate(request, page, found).map((below) => presentBasicGroup(below, baseUrl));
  },
});
