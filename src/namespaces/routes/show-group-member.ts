import { route } from '../../access/route.ts';
import { usersById } from '../../access/store.ts';
import { notFound } from '../../http/errors.ts';
import { MemberOf, MemberReply, presentMember } from '../member-api.ts';
import { findMember } from '../member-list-store.ts';
import { groupPlace } from '../place.ts';

export const showGroupMember = route({
  room: 'namespaces',
  operation: 'showGroupMember',
  method: 'GET',
  path: '/groups/:id/members/:user_id',
  summary: 'One member of a group',
  auth: 'user',
  on: 'group',
  can: 'group.read',
  params: MemberOf,
  reply: MemberReply,
  errors: [400, 401, 404],
  async handle({ app, group, params, baseUrl }) {
    const filter = { place: groupPlace(group), inherited: false, now: app.clock.now() };
    const member = await findMember(app.db, filter, params.user_id);
    if (member === null) throw notFound('Member');
    const creators = await usersById(app.db, member.createdBy === null ? [] : [member.createdBy]);
    return presentMember(member, creators, baseUrl);
  },
});
