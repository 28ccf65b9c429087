import { route } from '../route.ts';
import { ImpersonationTokenId } from '../token-api.ts';
import { impersonationToken } from '../token-of-caller.ts';
import { revokeTokenRow } from '../token-store.ts';

export const revokeImpersonationToken = route({
  room: 'access',
  operation: 'revokeImpersonationToken',
  method: 'DELETE',
  path: '/users/:id/impersonation_tokens/:token_id',
  summary: 'Kills an impersonation token at once',
  auth: 'admin',
  params: ImpersonationTokenId,
  errors: [400, 401, 403, 404],
  async handle({ app, params }) {
    const token = await impersonationToken(app, params.id, params.token_id);
    await app.write((tx) => revokeTokenRow(tx, token.id));
  },
});
