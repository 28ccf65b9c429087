import { route } from '../../access/route.ts';
import { usersById } from '../../access/store.ts';
import { notFound } from '../../http/errors.ts';
import { MemberOf, MemberReply, presentMember } from '../member-api.ts';
import { findMember } from '../member-list-store.ts';
import { projectPlace } from '../place.ts';

export const showProjectMember = route({
  room: 'namespaces',
  operation: 'showProjectMember',
  method: 'GET',
  path: '/projects/:id/members/:user_id',
  summary: 'One member of a project',
  auth: 'user',
  on: 'project',
  can: 'project.read',
  params: MemberOf,
  reply: MemberReply,
  errors: [400, 401, 404],
  async handle({ app, project, params, baseUrl }) {
    const filter = { place: projectPlace(project), inherited: false, now: app.clock.now() };
    const member = await findMember(app.db, filter, params.user_id);
    if (member === null) throw notFound('Member');
    const creators = await usersById(app.db, member.createdBy === null ? [] : [member.createdBy]);
    return presentMember(member, creators, baseUrl);
  },
});
