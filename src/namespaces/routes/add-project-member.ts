import { route } from '../../access/route.ts';
import { MemberReply, NewMemberParameters } from '../member-api.ts';
import { addMember } from '../membership.ts';
import { projectPlace, PlaceId } from '../place.ts';

export const addProjectMember = route({
  room: 'namespaces',
  operation: 'addProjectMember',
  method: 'POST',
  path: '/projects/:id/members',
  summary: 'Makes a user a member of a project',
  auth: 'user',
  on: 'project',
  can: 'project.members',
  params: PlaceId,
  input: NewMemberParameters,
  status: 201,
  reply: MemberReply,
  errors: [400, 401, 403, 404, 409],
  async handle({ app, actor, facts, project, input, given, baseUrl }) {
    return addMember({ app, actor, facts, place: projectPlace(project), baseUrl }, input, given);
  },
});
