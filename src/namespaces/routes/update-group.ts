import { Type } from 'typebox';
import { requireOneOf } from '../../access/parameter-rules.ts';
import { route } from '../../access/route.ts';
import { changeGroup } from '../change-group.ts';
import { GroupDetails } from '../group-api.ts';
import { GroupParameters } from '../group-input.ts';
import { viewGroup } from '../group-view.ts';
import { PlaceId } from '../place.ts';

export const updateGroup = route({
  room: 'namespaces',
  operation: 'updateGroup',
  method: 'PUT',
  path: '/groups/:id',
  summary: 'Changes a group',
  auth: 'user',
  on: 'group',
  can: 'group.update',
  params: PlaceId,
  input: Type.Object(GroupParameters),
  reply: GroupDetails,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, group, facts, input, given }) {
    requireOneOf(given, Object.keys(GroupParameters));
    return viewGroup(app, await changeGroup(app, group, input), actor, facts, true);
  },
});
