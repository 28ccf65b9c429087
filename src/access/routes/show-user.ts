import { Type } from 'typebox';
import { notFound } from '../../http/errors.ts';
import { route } from '../route.ts';
import { findUser } from '../store.ts';
import { FullUser, presentFullUser, presentUserProfile, UserId, UserProfile } from '../user-api.ts';

export const showUser = route({
  room: 'access',
  operation: 'showUser',
  method: 'GET',
  path: '/users/:id',
  summary: 'One user',
  auth: 'user',
  scopes: ['read_user'],
  params: UserId,
  reply: Type.Union([FullUser, UserProfile]),
  errors: [400, 401, 404],
  async handle({ app, params, actor, baseUrl }) {
    const user = await findUser(app.db, params.id);
    if (user === null) throw notFound('User');
    return actor.user.admin ? presentFullUser(user, baseUrl, true) : presentUserProfile(user, baseUrl);
  },
});
