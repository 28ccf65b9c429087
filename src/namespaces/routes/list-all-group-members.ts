import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { usersById } from '../../access/store.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { MemberFilters, MemberReply, presentMember } from '../member-api.ts';
import { listMembers } from '../member-list-store.ts';
import { groupPlace, PlaceId } from '../place.ts';

export const listAllGroupMembers = route({
  room: 'namespaces',
  operation: 'listAllGroupMembers',
  method: 'GET',
  path: '/groups/:id/members/all',
  summary: 'Members of a group, those of the groups above included',
  auth: 'user',
  on: 'group',
  can: 'group.read',
  params: PlaceId,
  input: Type.Object({ ...PageParameters, ...MemberFilters }),
  reply: Type.Array(MemberReply),
  errors: [400, 401, 404],
  async handle(request) {
    const { app, group, input, baseUrl } = request;
    const page = pageOf(input);
    const filter = { place: groupPlace(group), inherited: true, now: app.clock.now(), query: input.query, userIds: input.user_ids };
    const found = await listMembers(app.db, filter, page);
    const creators = await usersById(
      app.db,
      found.rows.flatMap((member) => member.createdBy ?? []),
    );
    return paginate(request, page, found).map((member) => presentMember(member, creators, baseUrl));
  },
});
