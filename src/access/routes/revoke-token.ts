import { badRequest } from '../../http/errors.ts';
import { route } from '../route.ts';
import { TokenId } from '../token-api.ts';
import { managedToken } from '../token-of-caller.ts';
import { revokeTokenRow } from '../token-store.ts';

export const revokeToken = route({
  room: 'access',
  operation: 'revokeToken',
  method: 'DELETE',
  path: '/personal_access_tokens/:id',
  summary: 'Kills a personal access token at once',
  auth: 'user',
  also: 'token.manage',
  params: TokenId,
  errors: [400, 401, 404],
  async handle({ app, params, actor }) {
    const token = await managedToken(app, actor, params.id);
    if (!(await app.write((tx) => revokeTokenRow(tx, token.id)))) throw badRequest('token already revoked');
  },
});
