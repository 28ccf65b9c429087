import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { forbidden, notFound, preconditionFailed } from '../../http/errors.ts';
import { unmodifiedSince } from '../../http/headers.ts';
import { assignmentOf, unassignProject } from '../assignment-store.ts';
import { lockRunner } from '../store.ts';

export const unassignProjectRunner = route({
  room: 'runners',
  operation: 'unassignProjectRunner',
  method: 'DELETE',
  path: '/projects/:id/runners/:runner_id',
  summary: 'Takes a runner away from a project; it stays for its other projects',
  auth: 'user',
  on: 'project',
  can: 'project.runners',
  params: Type.Object({
    id: Type.String({ description: 'Id or URL-encoded path of the project.' }),
    runner_id: Type.Integer({ description: 'Id of the runner.' }),
  }),
  errors: [400, 401, 403, 404, 412],
  async handle({ app, project, params, headers }) {
    const id = params.runner_id;
    if (!Number.isSafeInteger(id) || id < 1) throw notFound('Runner');
    const refusal = await app.write(async (tx) => {
      const runner = await lockRunner(tx, id);
      if (runner === null) return notFound('Runner');
      const { assigned, projects } = await assignmentOf(tx, runner.id, project.id);
      if (!assigned) return notFound('Runner');
      if (projects === 1) return forbidden('Only one project associated with the runner. Please remove the runner instead');
      if (!unmodifiedSince(headers['if-unmodified-since'], runner.updatedAt)) return preconditionFailed();
      await unassignProject(tx, runner.id, project.id, app.clock.now());
      return null;
    });
    if (refusal !== null) throw refusal;
  },
});
