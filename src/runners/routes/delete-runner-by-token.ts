import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { preconditionFailed } from '../../http/errors.ts';
import { unmodifiedSince } from '../../http/headers.ts';
import { removeRunner } from '../remove.ts';

export const deleteRunnerByToken = route({
  room: 'runners',
  operation: 'deleteRunnerByToken',
  method: 'DELETE',
  path: '/runners',
  summary: 'An agent unregisters its runner',
  auth: 'runner',
  input: Type.Object({ token: Type.String({ description: 'Authentication token of the runner.' }) }),
  errors: [400, 403, 412],
  async handle({ app, runner, headers }) {
    if (!unmodifiedSince(headers['if-unmodified-since'], runner.updatedAt)) throw preconditionFailed();
    await removeRunner(app, runner.id);
  },
});
