import { route } from '../../access/route.ts';
import { MemberChange, MemberOf, MemberReply } from '../member-api.ts';
import { changeMember } from '../membership.ts';
import { projectPlace } from '../place.ts';

export const updateProjectMember = route({
  room: 'namespaces',
  operation: 'updateProjectMember',
  method: 'PUT',
  path: '/projects/:id/members/:user_id',
  summary: 'Changes the role of a member of a project',
  auth: 'user',
  on: 'project',
  can: 'project.members',
  params: MemberOf,
  input: MemberChange,
  reply: MemberReply,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, facts, project, params, input, baseUrl }) {
    return changeMember({ app, actor, facts, place: projectPlace(project), baseUrl }, params.user_id, input);
  },
});
