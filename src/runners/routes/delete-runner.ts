import { route } from '../../access/route.ts';
import { preconditionFailed } from '../../http/errors.ts';
import { unmodifiedSince } from '../../http/headers.ts';
import { RunnerId } from '../api.ts';
import { runnerFor } from '../find.ts';
import { removeRunner } from '../remove.ts';

export const deleteRunner = route({
  room: 'runners',
  operation: 'deleteRunner',
  method: 'DELETE',
  path: '/runners/:id',
  summary: 'Removes a runner; its finished jobs stay',
  auth: 'user',
  scopes: ['manage_runner'],
  also: 'runner.delete',
  params: RunnerId,
  errors: [400, 401, 403, 404, 412],
  async handle({ app, actor, params, headers }) {
    const { runner } = await runnerFor(app, actor, params.id, 'runner.delete');
    if (!unmodifiedSince(headers['if-unmodified-since'], runner.updatedAt)) throw preconditionFailed();
    await removeRunner(app, runner.id);
  },
});
