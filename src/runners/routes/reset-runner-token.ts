import { route } from '../../access/route.ts';
import { ResetToken, RunnerId } from '../api.ts';
import { runnerFor } from '../find.ts';
import { resetToken } from '../reset-token.ts';

export const resetRunnerToken = route({
  room: 'runners',
  operation: 'resetRunnerToken',
  method: 'POST',
  path: '/runners/:id/reset_authentication_token',
  summary: 'Gives a runner another authentication token; the old one is dead at once',
  auth: 'user',
  scopes: ['manage_runner'],
  also: 'runner.update',
  params: RunnerId,
  reply: ResetToken,
  status: 201,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, params }) {
    const { runner } = await runnerFor(app, actor, params.id, 'runner.update');
    return resetToken(app, runner);
  },
});
