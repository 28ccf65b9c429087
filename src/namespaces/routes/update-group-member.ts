import { route } from '../../access/route.ts';
import { MemberChange, MemberOf, MemberReply } from '../member-api.ts';
import { changeMember } from '../membership.ts';
import { groupPlace } from '../place.ts';

export const updateGroupMember = route({
  room: 'namespaces',
  operation: 'updateGroupMember',
  method: 'PUT',
  path: '/groups/:id/members/:user_id',
  summary: 'Changes the role of a member of a group',
  auth: 'user',
  on: 'group',
  can: 'group.members',
  params: MemberOf,
  input: MemberChange,
  reply: MemberReply,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, facts, group, params, input, baseUrl }) {
    return changeMember({ app, actor, facts, place: groupPlace(group), baseUrl }, params.user_id, input);
  },
});
