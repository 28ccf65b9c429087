import { Type } from 'typebox';
import { requireOneOf } from '../parameter-rules.ts';
import { hashPassword } from '../password.ts';
import { changeUser, checkUser } from '../register-user.ts';
import { route } from '../route.ts';
import { FullUser, presentFullUser, UserId, UserParameters } from '../user-api.ts';

export const updateUser = route({
  room: 'access',
  operation: 'updateUser',
  method: 'PUT',
  path: '/users/:id',
  summary: 'Changes a user',
  auth: 'admin',
  params: UserId,
  input: Type.Object(UserParameters),
  reply: FullUser,
  errors: [400, 401, 403, 404, 409],
  async handle({ app, params, input, given, baseUrl }) {
    requireOneOf(given, Object.keys(UserParameters));
    checkUser(input);
    const passwordHash = input.password === undefined ? null : await hashPassword(input.password);
    const user = await changeUser(app, params.id, { ...input }, passwordHash);
    return presentFullUser(user, baseUrl, true);
  },
});
