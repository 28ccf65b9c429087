import { Type } from 'typebox';
import { issueToken } from '../issue-token.ts';
import { ListOf } from '../../http/parameters.ts';
import { route } from '../route.ts';
import { NewTokenReply, TokenParameters } from '../token-api.ts';
import { ownTokenScopes } from '../user.ts';

export const createOwnToken = route({
  room: 'access',
  operation: 'createOwnToken',
  method: 'POST',
  path: '/user/personal_access_tokens',
  summary: 'Makes a personal access token for the caller, of few scopes',
  auth: 'user',
  input: Type.Object({
    ...TokenParameters,
    scopes: ListOf(ownTokenScopes, { description: 'Only these: administrators make tokens of more scopes.' }),
  }),
  status: 201,
  reply: NewTokenReply,
  errors: [400, 401, 403],
  async handle({ app, input, actor }) {
    return issueToken(app, actor.user.id, input, false);
  },
});
