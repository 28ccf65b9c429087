import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { requireOneOf } from '../parameter-rules.ts';
import { hashPassword } from '../password.ts';
import { addUser, checkUser } from '../register-user.ts';
import { route } from '../route.ts';
import { FullUser, presentFullUser, UserParameters } from '../user-api.ts';

export const createUser = route({
  room: 'access',
  operation: 'createUser',
  method: 'POST',
  path: '/users',
  summary: 'Makes a user with a namespace of the same name',
  auth: 'admin',
  input: Type.Object({
    ...UserParameters,
    email: Type.String({ description: 'Address.' }),
    username: Type.String({ description: 'Name in paths.' }),
    name: Type.String({ description: 'Name for people.' }),
    reset_password: Type.Optional(Type.Boolean({ description: 'true: no password; the user comes in with tokens only.' })),
    force_random_password: Type.Optional(Type.Boolean({ description: 'true: a password that nobody knows.' })),
  }),
  status: 201,
  reply: FullUser,
  errors: [400, 401, 403, 409],
  async handle({ app, input, given, baseUrl }) {
    requireOneOf(given, ['password', 'reset_password', 'force_random_password']);
    const random = input.reset_password === true || input.force_random_password === true;
    const password = random ? randomBytes(32).toString('base64') : (input.password ?? '');
    checkUser({ ...input, password });
    const passwordHash = await hashPassword(password);
    const user = await addUser(app, {
      username: input.username,
      name: input.name,
      email: input.email,
      admin: input.admin ?? false,
      external: input.external ?? false,
      passwordHash,
    });
    return presentFullUser(user, baseUrl, true);
  },
});
