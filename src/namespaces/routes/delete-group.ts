import { route } from '../../access/route.ts';
import { preconditionFailed } from '../../http/errors.ts';
import { unmodifiedSince } from '../../http/headers.ts';
import { Accepted, accepted, PlaceId } from '../place.ts';
import { removeNamespace } from '../removal.ts';

export const deleteGroup = route({
  room: 'namespaces',
  operation: 'deleteGroup',
  method: 'DELETE',
  path: '/groups/:id',
  summary: 'Removes a group with everything below it',
  auth: 'user',
  on: 'group',
  can: 'group.delete',
  params: PlaceId,
  status: 202,
  reply: Accepted,
  errors: [401, 403, 404, 412],
  async handle({ app, group, headers }) {
    if (!unmodifiedSince(headers['if-unmodified-since'], group.updatedAt)) throw preconditionFailed();
    await app.write((tx) => removeNamespace(app, tx, group.id));
    return accepted;
  },
});
