import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { isoTime } from '../../lib/iso-time.ts';
import { AgentInfoInput } from '../agent-info-api.ts';
import { OlderNoteName, RunnerParameters, RunnerToken } from '../api.ts';
import { mustNotBothBeGiven, registerRunner as register } from '../register.ts';

export const registerRunner = route({
  room: 'runners',
  operation: 'registerRunner',
  method: 'POST',
  path: '/runners',
  summary: 'Registers a runner with a registration token, which decides what it serves',
  auth: 'registration',
  input: Type.Object({
    token: Type.String({ description: 'Registration token of the instance, a group or a project.' }),
    ...RunnerParameters,
    maintainer_note: OlderNoteName,
    info: Type.Optional(AgentInfoInput),
  }),
  reply: RunnerToken,
  status: 201,
  errors: [400, 403, 410],
  async handle({ app, input, given, ip }) {
    mustNotBothBeGiven(given, 'active', 'paused');
    mustNotBothBeGiven(given, 'maintainer_note', 'maintenance_note');
    const { runner, token } = await register(app, input.token, input, { info: input.info ?? {}, ip });
    return { id: runner.id, token, token_expires_at: runner.tokenExpiresAt === null ? null : isoTime(runner.tokenExpiresAt) };
  },
});
