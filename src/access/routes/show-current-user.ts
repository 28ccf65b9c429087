import { route } from '../route.ts';
import { FullUser, presentFullUser } from '../user-api.ts';

export const showCurrentUser = route({
  room: 'access',
  operation: 'showCurrentUser',
  method: 'GET',
  path: '/user',
  summary: 'The caller',
  auth: 'user',
  scopes: ['read_user'],
  reply: FullUser,
  errors: [401],
  async handle({ baseUrl, actor }) {
    return presentFullUser(actor.user, baseUrl, actor.user.admin);
  },
});
