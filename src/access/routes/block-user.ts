import { Type } from 'typebox';
import { forbidden } from '../../http/errors.ts';
import { changeUser } from '../register-user.ts';
import { route } from '../route.ts';
import { UserId } from '../user-api.ts';

export const blockUser = route({
  room: 'access',
  operation: 'blockUser',
  method: 'POST',
  path: '/users/:id/block',
  summary: 'Shuts a user out; its tokens are refused until it is unblocked',
  auth: 'admin',
  params: UserId,
  status: 201,
  reply: Type.Boolean(),
  errors: [400, 401, 403, 404],
  async handle({ app, params, actor }) {
    if (params.id === actor.user.id) throw forbidden('The API initiating user cannot be blocked by the API');
    await changeUser(app, params.id, { state: 'blocked' }, null);
    return true;
  },
});
