import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { BasicNamespace, presentNamespace } from '../namespace-api.ts';
import { listNamespaces as readNamespaces } from '../namespace-list-store.ts';

export const listNamespaces = route({
  room: 'namespaces',
  operation: 'listNamespaces',
  method: 'GET',
  path: '/namespaces',
  summary: 'The caller’s own namespace and groups; all of them for administrators',
  auth: 'user',
  input: Type.Object({
    ...PageParameters,
    search: Type.Optional(Type.String({ description: 'Part of the name or full path.' })),
    owned_only: Type.Optional(Type.Boolean({ description: 'true: only what the caller owns.' })),
    top_level_only: Type.Optional(Type.Boolean({ description: 'true: no subgroups.' })),
  }),
  reply: Type.Array(BasicNamespace),
  errors: [400, 401],
  async handle(request) {
    const { app, actor, input, baseUrl } = request;
    const page = pageOf(input);
    const filter = {
      user: actor.user,
      now: app.clock.now(),
      search: input.search,
      ownedOnly: input.owned_only,
      topLevelOnly: input.top_level_only,
    };
    const found = await readNamespaces(app.db, filter, page);
    return paginate(request, page, found).map((namespace) => presentNamespace(namespace, baseUrl));
  },
});
