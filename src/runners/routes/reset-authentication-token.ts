import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { ResetToken } from '../api.ts';
import { resetToken } from '../reset-token.ts';

export const resetAuthenticationToken = route({
  room: 'runners',
  operation: 'resetAuthenticationToken',
  method: 'POST',
  path: '/runners/reset_authentication_token',
  summary: 'An agent exchanges its authentication token for another one',
  auth: 'runner',
  input: Type.Object({ token: Type.String({ description: 'Authentication token of the runner.' }) }),
  reply: ResetToken,
  status: 201,
  errors: [400, 403],
  async handle({ app, runner }) {
    return resetToken(app, runner);
  },
});
