import { route } from '../route.ts';
import { presentToken, Token, TokenId } from '../token-api.ts';
import { managedToken } from '../token-of-caller.ts';

export const showToken = route({
  room: 'access',
  operation: 'showToken',
  method: 'GET',
  path: '/personal_access_tokens/:id',
  summary: 'One personal access token',
  auth: 'user',
  also: 'token.manage',
  params: TokenId,
  reply: Token,
  errors: [400, 401, 404],
  async handle({ app, params, actor }) {
    return presentToken(await managedToken(app, actor, params.id), app.clock.now());
  },
});
