import { route } from '../../access/route.ts';
import { MemberOf } from '../member-api.ts';
import { removeMember } from '../membership.ts';
import { groupPlace } from '../place.ts';

export const removeGroupMember = route({
  room: 'namespaces',
  operation: 'removeGroupMember',
  method: 'DELETE',
  path: '/groups/:id/members/:user_id',
  summary: 'Ends a membership in a group; members may end their own',
  auth: 'user',
  on: 'group',
  also: 'group.members',
  params: MemberOf,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, facts, group, params, baseUrl }) {
    await removeMember({ app, actor, facts, place: groupPlace(group), baseUrl }, params.user_id);
  },
});
