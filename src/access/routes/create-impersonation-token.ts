import { Type } from 'typebox';
import { notFound } from '../../http/errors.ts';
import { issueToken } from '../issue-token.ts';
import { route } from '../route.ts';
import { findUser } from '../store.ts';
import { NewTokenReply, Scopes, TokenParameters } from '../token-api.ts';
import { UserId } from '../user-api.ts';

export const createImpersonationToken = route({
  room: 'access',
  operation: 'createImpersonationToken',
  method: 'POST',
  path: '/users/:id/impersonation_tokens',
  summary: 'Makes a token with which an administrator acts as a user',
  auth: 'admin',
  params: UserId,
  input: Type.Object({ ...TokenParameters, scopes: Scopes }),
  status: 201,
  reply: NewTokenReply,
  errors: [400, 401, 403, 404],
  async handle({ app, params, input }) {
    const user = await findUser(app.db, params.id);
    if (user === null) throw notFound('User');
    return issueToken(app, user.id, input, true);
  },
});
