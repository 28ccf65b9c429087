import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { NullableString } from '../../http/parameters.ts';
import { isoTime } from '../../lib/iso-time.ts';
import { AgentInfoInput } from '../agent-info-api.ts';
import { RunnerToken } from '../api.ts';
import { noteContact } from '../contact.ts';

export const verifyRunner = route({
  room: 'runners',
  operation: 'verifyRunner',
  method: 'POST',
  path: '/runners/verify',
  summary: 'Whether an authentication token is good; counts as a contact',
  auth: 'runner',
  input: Type.Object({
    token: Type.String({ description: 'Authentication token of the runner.' }),
    system_id: Type.Optional(NullableString({ description: 'Which machine asks.' })),
    info: Type.Optional(AgentInfoInput),
  }),
  reply: RunnerToken,
  errors: [400, 403],
  async handle({ app, runner, input, ip }) {
    await noteContact(app, runner, { systemId: input.system_id ?? null, info: input.info ?? {}, ip });
    return { id: runner.id, token: input.token, token_expires_at: runner.tokenExpiresAt === null ? null : isoTime(runner.tokenExpiresAt) };
  },
});
