import { Type } from 'typebox';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { OneOf } from '../../http/parameters.ts';
import { timeParameter } from '../parameter-rules.ts';
import { route } from '../route.ts';
import { listUsers as readUsers } from '../user-store.ts';
import { BasicUser, FullUser, presentBasicUser, presentFullUser } from '../user-api.ts';

const orders = ['id', 'name', 'username', 'created_at', 'updated_at'] as const;

export const listUsers = route({
  room: 'access',
  operation: 'listUsers',
  method: 'GET',
  path: '/users',
  summary: 'Users; administrators see all of each',
  auth: 'user',
  scopes: ['read_user'],
  input: Type.Object({
    ...PageParameters,
    username: Type.Optional(Type.String({ description: 'The user of this name, in any case.' })),
    search: Type.Optional(Type.String({ description: 'Part of the name or username; for administrators also a whole address.' })),
    active: Type.Optional(Type.Boolean({ description: 'true: only users who may sign in.' })),
    blocked: Type.Optional(Type.Boolean({ description: 'true: only blocked users.' })),
    external: Type.Optional(Type.Boolean({ description: 'true: only external users.' })),
    exclude_external: Type.Optional(Type.Boolean({ description: 'true: no external users.' })),
    admins: Type.Optional(Type.Boolean({ description: 'true: only administrators; for administrators.' })),
    created_after: Type.Optional(Type.String({ description: 'Made after this time.' })),
    created_before: Type.Optional(Type.String({ description: 'Made before this time.' })),
    order_by: Type.Optional(OneOf(orders, { default: 'id', description: 'Order.' })),
    sort: Type.Optional(OneOf(['asc', 'desc'], { default: 'desc', description: 'Direction of the order.' })),
  }),
  reply: Type.Array(Type.Union([FullUser, BasicUser])),
  errors: [400, 401],
  async handle(request) {
    const { app, input, actor, baseUrl } = request;
    const { admin } = actor.user;
    const filter = {
      username: input.username,
      search: input.search,
      searchesEmail: admin,
      state: input.active === true ? ('active' as const) : input.blocked === true ? ('blocked' as const) : undefined,
      external: input.external === true ? true : input.exclude_external === true ? false : undefined,
      admin: admin && input.admins === true ? true : undefined,
      createdAfter: timeParameter('created_after', input.created_after),
      createdBefore: timeParameter('created_before', input.created_before),
    };
    const page = pageOf(input);
    const found = await readUsers(app.db, filter, { by: input.order_by ?? 'id', direction: input.sort ?? 'desc' }, page);
    return paginate(request, page, found).map((user) => (admin ? presentFullUser(user, baseUrl, true) : presentBasicUser(user, baseUrl)));
  },
});
