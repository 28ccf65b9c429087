import { can } from '../../access/can.ts';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { BasicNamespace, presentNamespace } from '../namespace-api.ts';
import { findNamespaceByName } from '../namespace-store.ts';
import { PlaceId } from '../place.ts';
import { groupFacts } from '../subjects.ts';

export const showNamespace = route({
  room: 'namespaces',
  operation: 'showNamespace',
  method: 'GET',
  path: '/namespaces/:id',
  summary: 'One namespace: a group that the caller may see, or a user’s own',
  auth: 'user',
  also: 'group.read',
  params: PlaceId,
  reply: BasicNamespace,
  errors: [401, 404],
  async handle({ app, actor, params, baseUrl }) {
    const namespace = await findNamespaceByName(app.db, params.id);
    const isSeen = namespace !== null && (namespace.kind === 'user' || can(actor, 'group.read', await groupFacts(app, namespace, actor)));
    if (!isSeen) throw notFound('Namespace');
    return presentNamespace(namespace, baseUrl);
  },
});
