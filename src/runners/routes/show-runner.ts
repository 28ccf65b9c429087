import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { RunnerDetails, RunnerId } from '../api.ts';
import { runnerDetails } from '../details.ts';
import { runnerFor } from '../find.ts';

export const showRunner = route({
  room: 'runners',
  operation: 'showRunner',
  method: 'GET',
  path: '/runners/:id',
  summary: 'One runner in full',
  auth: 'user',
  scopes: ['manage_runner'],
  also: 'runner.read',
  params: RunnerId,
  input: Type.Object({
    include_projects: Type.Optional(Type.Boolean({ description: 'Whether the assigned projects are shown.', default: true })),
  }),
  reply: RunnerDetails,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, params, input }) {
    const { runner, facts } = await runnerFor(app, actor, params.id, 'runner.read');
    return runnerDetails(app, actor, runner, facts, input.include_projects ?? true);
  },
});
