import { route } from '../../access/route.ts';
import { MemberOf } from '../member-api.ts';
import { removeMember } from '../membership.ts';
import { projectPlace } from '../place.ts';

export const removeProjectMember = route({
  room: 'namespaces',
  operation: 'removeProjectMember',
  method: 'DELETE',
  path: '/projects/:id/members/:user_id',
  summary: 'Ends a membership in a project; members may end their own',
  auth: 'user',
  on: 'project',
  also: 'project.members',
  params: MemberOf,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, facts, project, params, baseUrl }) {
    await removeMember({ app, actor, facts, place: projectPlace(project), baseUrl }, params.user_id);
  },
});
