import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { GroupId } from '../api.ts';
import { resetRegistration } from '../reset-registration.ts';

export const resetGroupRegistrationToken = route({
  room: 'runners',
  operation: 'resetGroupRegistrationToken',
  method: 'POST',
  path: '/groups/:id/runners/reset_registration_token',
  summary: 'Another registration token for a group',
  auth: 'user',
  on: 'group',
  can: 'group.createRunner',
  params: GroupId,
  reply: Type.Object({ token: Type.String({ description: 'The new token.' }) }),
  status: 201,
  errors: [401, 403, 404],
  async handle({ app, group }) {
    return resetRegistration(app, { scope: 'group', subjectId: group.id });
  },
});
