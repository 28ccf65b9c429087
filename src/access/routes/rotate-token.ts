import { rotate } from '../issue-token.ts';
import { route } from '../route.ts';
import { NewTokenReply, Rotation, TokenId } from '../token-api.ts';
import { managedToken } from '../token-of-caller.ts';

export const rotateToken = route({
  room: 'access',
  operation: 'rotateToken',
  method: 'POST',
  path: '/personal_access_tokens/:id/rotate',
  summary: 'Replaces a personal access token by a new one; the old one is dead at once',
  auth: 'user',
  also: 'token.manage',
  params: TokenId,
  input: Rotation,
  status: 200,
  reply: NewTokenReply,
  errors: [400, 401, 404],
  async handle({ app, params, input, actor }) {
    return rotate(app, await managedToken(app, actor, params.id), input.expires_at);
  },
});
