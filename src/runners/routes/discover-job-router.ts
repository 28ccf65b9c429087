import { route } from '../../access/route.ts';
import { HttpError } from '../../http/errors.ts';

export const discoverJobRouter = route({
  room: 'runners',
  operation: 'discoverJobRouter',
  method: 'GET',
  path: '/runners/router/discovery',
  summary: 'There is no job router here: agents fall back to asking for jobs',
  auth: 'runner',
  status: 501,
  errors: [403],
  async handle() {
    throw new HttpError(501, { message: 'Job Router is not available. Please contact your administrator.' });
  },
});
