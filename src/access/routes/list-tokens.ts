import { Type } from 'typebox';
import { unauthorized } from '../../http/errors.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { OneOf } from '../../http/parameters.ts';
import { can } from '../can.ts';
import { dayParameter, timeParameter } from '../parameter-rules.ts';
import { route } from '../route.ts';
import { presentToken, Token, TokenState } from '../token-api.ts';
import { listTokens as readTokens, type TokenOrder } from '../token-store.ts';

/** GitLab's names of the orders. */
const orders: Record<string, TokenOrder> = Object.fromEntries(
  (
    [
      ['created', 'created_at'],
      ['expires', 'expires_at'],
      ['last_used', 'last_used_at'],
      ['name', 'name'],
    ] as const
  ).flatMap(([name, by]) =>
    (['asc', 'desc'] as const).map((direction): [string, TokenOrder] => [`${name}_${direction}`, { by, direction }]),
  ),
);

export const listTokens = route({
  room: 'access',
  operation: 'listTokens',
  method: 'GET',
  path: '/personal_access_tokens',
  summary: 'Personal access tokens of the caller, or of everybody for administrators',
  auth: 'user',
  also: 'token.manage',
  input: Type.Object({
    ...PageParameters,
    user_id: Type.Optional(Type.Integer({ description: 'Only tokens of this user; another than the caller for administrators.' })),
    revoked: Type.Optional(Type.Boolean({ description: 'Only revoked tokens, or only others.' })),
    state: Type.Optional(TokenState),
    search: Type.Optional(Type.String({ description: 'Part of the name.' })),
    created_after: Type.Optional(Type.String({ description: 'Made after this time.' })),
    created_before: Type.Optional(Type.String({ description: 'Made before this time.' })),
    last_used_after: Type.Optional(Type.String({ description: 'Last used after this time.' })),
    last_used_before: Type.Optional(Type.String({ description: 'Last used before this time.' })),
    expires_after: Type.Optional(Type.String({ description: 'Expires on this day or later.' })),
    expires_before: Type.Optional(Type.String({ description: 'Expires before this day.' })),
    sort: Type.Optional(OneOf(Object.keys(orders), { description: 'Order.' })),
  }),
  reply: Type.Array(Token),
  errors: [400, 401],
  async handle(request) {
    const { app, input, actor } = request;
    const userId = input.user_id ?? (actor.user.admin ? undefined : actor.user.id);
    if (!can(actor, 'token.manage', { level: 0, own: userId === actor.user.id })) throw unauthorized();
    const now = app.clock.now();
    const page = pageOf(input);
    const found = await readTokens(
      app.db,
      {
        userId,
        impersonation: false,
        revoked: input.revoked,
        state: input.state,
        now,
        search: input.search,
        createdAfter: timeParameter('created_after', input.created_after),
        createdBefore: timeParameter('created_before', input.created_before),
        lastUsedAfter: timeParameter('last_used_after', input.last_used_after),
        lastUsedBefore: timeParameter('last_used_before', input.last_used_before),
        expiresAfter: dayParameter('expires_after', input.expires_after) ?? undefined,
        expiresBefore: dayParameter('expires_before', input.expires_before) ?? undefined,
      },
      orders[input.sort ?? ''] ?? { by: 'id', direction: 'asc' },
      page,
    );
    return paginate(request, page, found).map((token) => presentToken(token, now));
  },
});
