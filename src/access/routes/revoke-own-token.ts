import { route } from '../route.ts';
import { usedToken } from '../token-of-caller.ts';
import { revokeTokenRow } from '../token-store.ts';
import { tokenScopes } from '../user.ts';

export const revokeOwnToken = route({
  room: 'access',
  operation: 'revokeOwnToken',
  method: 'DELETE',
  path: '/personal_access_tokens/self',
  summary: 'Kills the token of this request',
  auth: 'user',
  scopes: tokenScopes,
  errors: [401],
  async handle({ app, actor }) {
    const token = await usedToken(app, actor);
    await app.write((tx) => revokeTokenRow(tx, token.id));
  },
});
