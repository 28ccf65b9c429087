import { route } from '../route.ts';
import { presentToken, Token } from '../token-api.ts';
import { usedToken } from '../token-of-caller.ts';
import { tokenScopes } from '../user.ts';

export const showOwnToken = route({
  room: 'access',
  operation: 'showOwnToken',
  method: 'GET',
  path: '/personal_access_tokens/self',
  summary: 'The token of this request',
  auth: 'user',
  scopes: tokenScopes,
  reply: Token,
  errors: [401],
  async handle({ app, actor }) {
    return presentToken(await usedToken(app, actor), app.clock.now());
  },
});
