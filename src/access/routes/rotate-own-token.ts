import { rotate } from '../issue-token.ts';
import { route } from '../route.ts';
import { NewTokenReply, Rotation } from '../token-api.ts';
import { usedToken } from '../token-of-caller.ts';

export const rotateOwnToken = route({
  room: 'access',
  operation: 'rotateOwnToken',
  method: 'POST',
  path: '/personal_access_tokens/self/rotate',
  summary: 'Replaces the token of this request by a new one; the old one is dead at once',
  auth: 'user',
  scopes: ['self_rotate'],
  input: Rotation,
  status: 200,
  reply: NewTokenReply,
  errors: [400, 401],
  async handle({ app, input, actor }) {
    return rotate(app, await usedToken(app, actor), input.expires_at);
  },
});
