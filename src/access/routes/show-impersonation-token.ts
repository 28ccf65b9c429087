import { route } from '../route.ts';
import { ImpersonationTokenId, presentToken, Token } from '../token-api.ts';
import { impersonationToken } from '../token-of-caller.ts';

export const showImpersonationToken = route({
  room: 'access',
  operation: 'showImpersonationToken',
  method: 'GET',
  path: '/users/:id/impersonation_tokens/:token_id',
  summary: 'One impersonation token of a user',
  auth: 'admin',
  params: ImpersonationTokenId,
  reply: Token,
  errors: [400, 401, 403, 404],
  async handle({ app, params }) {
    return presentToken(await impersonationToken(app, params.id, params.token_id), app.clock.now());
  },
});
