import { Type } from 'typebox';
import { changeUser } from '../register-user.ts';
import { route } from '../route.ts';
import { UserId } from '../user-api.ts';

export const unblockUser = route({
  room: 'access',
  operation: 'unblockUser',
  method: 'POST',
  path: '/users/:id/unblock',
  summary: 'Lets a blocked user in again',
  auth: 'admin',
  params: UserId,
  status: 201,
  reply: Type.Boolean(),
  errors: [400, 401, 403, 404],
  async handle({ app, params }) {
    await changeUser(app, params.id, { state: 'active' }, null);
    return true;
  },
});
