import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { usersById } from '../../access/store.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { MemberFilters, MemberReply, presentMember } from '../member-api.ts';
import { listMembers } from '../member-list-store.ts';
import { projectPlace, PlaceId } from '../place.ts';

export const listAllProjectMembers = route({
  room: 'namespaces',
  operation: 'listAllProjectMembers',
  method: 'GET',
  path: '/projects/:id/members/all',
  summary: 'Members of a project, those of the groups above included',
  auth: 'user',
  on: 'project',
  can: 'project.read',
  params: PlaceId,
  input: Type.Object({ ...PageParameters, ...MemberFilters }),
  reply: Type.Array(MemberReply),
  errors: [400, 401, 404],
  async handle(request) {
    const { app, project, input, baseUrl } = request;
    const page = pageOf(input);
    const filter = { place: projectPlace(project), inherited: true, now: app.clock.now(), query: input.query, userIds: input.user_ids };
    const found = await listMembers(app.db, filter, page);
    const creators = await usersById(
      app.db,
      found.rows.flatMap((member) => member.createdBy ?? []),
    );
    return paginate(request, page, found).map((member) => presentMember(member, creators, baseUrl));
  },
});
