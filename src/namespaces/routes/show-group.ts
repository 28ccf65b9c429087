import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { GroupDetails } from '../group-api.ts';
import { viewGroup } from '../group-view.ts';
import { PlaceId } from '../place.ts';

export const showGroup = route({
  room: 'namespaces',
  operation: 'showGroup',
  method: 'GET',
  path: '/groups/:id',
  summary: 'One group; its owners also see the registration token',
  auth: 'anyone',
  on: 'group',
  params: PlaceId,
  input: Type.Object({
    with_projects: Type.Optional(Type.Boolean({ default: true, description: 'false: without the projects of the group.' })),
  }),
  reply: GroupDetails,
  errors: [400, 404],
  async handle({ app, actor, group, facts, input }) {
    return viewGroup(app, group, actor, facts, input.with_projects !== false);
  },
});
