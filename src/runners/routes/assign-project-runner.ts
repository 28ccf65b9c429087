import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { ProjectId, RunnerEntry } from '../api.ts';
import { assignRunner } from '../assign.ts';
import { runnerEntries } from '../details.ts';

export const assignProjectRunner = route({
  room: 'runners',
  operation: 'assignProjectRunner',
  method: 'POST',
  path: '/projects/:id/runners',
  summary: 'Assigns a project runner to one more project',
  auth: 'user',
  on: 'project',
  can: 'project.runners',
  also: 'runner.assign',
  params: ProjectId,
  input: Type.Object({ runner_id: Type.Integer({ description: 'Id of the runner.' }) }),
  reply: RunnerEntry,
  status: 201,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, project, input }) {
    const runner = await assignRunner(app, actor, project, input.runner_id);
    const [entry] = await runnerEntries(app, [runner]);
    return entry;
  },
});
