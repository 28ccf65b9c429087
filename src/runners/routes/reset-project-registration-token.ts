import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { ProjectId } from '../api.ts';
import { resetRegistration } from '../reset-registration.ts';

export const resetProjectRegistrationToken = route({
  room: 'runners',
  operation: 'resetProjectRegistrationToken',
  method: 'POST',
  path: '/projects/:id/runners/reset_registration_token',
  summary: 'Another registration token for a project',
  auth: 'user',
  on: 'project',
  can: 'project.runners',
  params: ProjectId,
  reply: Type.Object({ token: Type.String({ description: 'The new token.' }) }),
  status: 201,
  errors: [401, 403, 404],
  async handle({ app, project }) {
    return resetRegistration(app, { scope: 'project', subjectId: project.id });
  },
});
