import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { NullableInteger, OneOf } from '../../http/parameters.ts';
import { isoTime } from '../../lib/iso-time.ts';
import { RunnerParameters, RunnerToken } from '../api.ts';
import { createRunner } from '../create.ts';
import { runnerTypes } from '../runner.ts';

export const createUserRunner = route({
  room: 'runners',
  operation: 'createUserRunner',
  method: 'POST',
  path: '/user/runners',
  summary: 'Makes a runner, whose token is shown only now; an agent then registers with that token',
  auth: 'user',
  scopes: ['create_runner'],
  also: 'group.createRunner or project.runners',
  input: Type.Object({
    runner_type: OneOf(runnerTypes, { description: 'What it serves.' }),
    group_id: Type.Optional(NullableInteger({ description: 'Its group, for `group_type`.' })),
    project_id: Type.Optional(NullableInteger({ description: 'Its project, for `project_type`.' })),
    ...RunnerParameters,
  }),
  reply: RunnerToken,
  status: 201,
  errors: [400, 401, 403],
  async handle({ app, actor, input }) {
    const { runner, token } = await createRunner(app, actor, input);
    return { id: runner.id, token, token_expires_at: runner.tokenExpiresAt === null ? null : isoTime(runner.tokenExpiresAt) };
  },
});
