import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { NullableInteger } from '../../http/parameters.ts';
import { addGroup } from '../add-group.ts';
import { GroupDetails } from '../group-api.ts';
import { GroupParameters } from '../group-input.ts';
import { viewGroup } from '../group-view.ts';
import { groupFacts } from '../subjects.ts';

export const createGroup = route({
  room: 'namespaces',
  operation: 'createGroup',
  method: 'POST',
  path: '/groups',
  summary: 'Makes a group, which the caller owns',
  auth: 'user',
  also: 'group.createSubgroup',
  input: Type.Object({
    ...GroupParameters,
    name: Type.String({ description: 'Name for people.' }),
    path: Type.String({ description: 'Last part of the full path.' }),
    parent_id: Type.Optional(NullableInteger({ description: 'Id of the group above; without it a root group.' })),
  }),
  status: 201,
  reply: GroupDetails,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, input }) {
    const group = await addGroup(app, actor, input);
    return viewGroup(app, group, actor, await groupFacts(app, group, actor), true);
  },
});
