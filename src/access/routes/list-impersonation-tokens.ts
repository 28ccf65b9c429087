import { Type } from 'typebox';
import { notFound } from '../../http/errors.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { route } from '../route.ts';
import { findUser } from '../store.ts';
import { presentToken, Token, TokenState } from '../token-api.ts';
import { listTokens } from '../token-store.ts';
import { UserId } from '../user-api.ts';

export const listImpersonationTokens = route({
  room: 'access',
  operation: 'listImpersonationTokens',
  method: 'GET',
  path: '/users/:id/impersonation_tokens',
  summary: 'Impersonation tokens of a user',
  auth: 'admin',
  params: UserId,
  input: Type.Object({ ...PageParameters, state: Type.Optional(TokenState) }),
  reply: Type.Array(Token),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, params, input } = request;
    const user = await findUser(app.db, params.id);
    if (user === null) throw notFound('User');
    const now = app.clock.now();
    const page = pageOf(input);
    const filter = { userId: user.id, impersonation: true, state: input.state, now };
    const found = await listTokens(app.db, filter, { by: 'id', direction: 'asc' }, page);
    return paginate(request, page, found).map((token) => presentToken(token, now));
  },
});
