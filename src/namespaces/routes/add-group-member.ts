import { route } from '../../access/route.ts';
import { MemberReply, NewMemberParameters } from '../member-api.ts';
import { addMember } from '../membership.ts';
import { groupPlace, PlaceId } from '../place.ts';

export const addGroupMember = route({
  room: 'namespaces',
  operation: 'addGroupMember',
  method: 'POST',
  path: '/groups/:id/members',
  summary: 'Makes a user a member of a group',
  auth: 'user',
  on: 'group',
  can: 'group.members',
  params: PlaceId,
  input: NewMemberParameters,
  status: 201,
  reply: MemberReply,
  errors: [400, 401, 403, 404, 409],
  async handle({ app, actor, facts, group, input, given, baseUrl }) {
    return addMember({ app, actor, facts, place: groupPlace(group), baseUrl }, input, given);
  },
});
