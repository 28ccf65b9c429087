import { Type } from 'typebox';
import { conflict, forbidden, notFound, preconditionFailed } from '../../http/errors.ts';
import { unmodifiedSince } from '../../http/headers.ts';
import { route } from '../route.ts';
import { UserId } from '../user-api.ts';
import { deleteUserRow, hasOtherAdmin, lockAdmins, lockUser } from '../user-store.ts';

export const deleteUser = route({
  room: 'access',
  operation: 'deleteUser',
  method: 'DELETE',
  path: '/users/:id',
  summary: 'Removes a user with its tokens, memberships, namespace and the projects in it',
  auth: 'admin',
  params: UserId,
  input: Type.Object({
    hard_delete: Type.Optional(Type.Boolean({ description: 'true: also removes the groups that only this user owns.' })),
  }),
  errors: [400, 401, 403, 404, 409, 412],
  async handle({ app, params, input, headers }) {
    await app.write(async (tx) => {
      await lockAdmins(tx);
      const user = await lockUser(tx, params.id);
      if (user === null) throw notFound('User');
      if (!unmodifiedSince(headers['if-unmodified-since'], user.updatedAt)) throw preconditionFailed();
      if (user.admin && !(await hasOtherAdmin(tx, user.id))) throw forbidden('The last administrator cannot be removed');
      const groups = await app.groupsOwnedAlone(tx, user.id);
      if (groups.length > 0 && input.hard_delete !== true) throw conflict('User cannot be removed');
      await app.dropUser(tx, user, groups);
      await deleteUserRow(tx, user.id);
    });
  },
});
