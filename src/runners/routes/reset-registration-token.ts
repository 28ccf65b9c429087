import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { resetRegistration } from '../reset-registration.ts';

export const resetRegistrationToken = route({
  room: 'runners',
  operation: 'resetRegistrationToken',
  method: 'POST',
  path: '/runners/reset_registration_token',
  summary: 'Another registration token for the instance',
  auth: 'admin',
  reply: Type.Object({ token: Type.String({ description: 'The new token.' }) }),
  status: 201,
  errors: [401, 403],
  async handle({ app }) {
    return resetRegistration(app, { scope: 'instance', subjectId: 0 });
  },
});
