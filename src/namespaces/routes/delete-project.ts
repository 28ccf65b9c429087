import { route } from '../../access/route.ts';
import { preconditionFailed } from '../../http/errors.ts';
import { unmodifiedSince } from '../../http/headers.ts';
import { Accepted, accepted, PlaceId } from '../place.ts';
import { lockProject } from '../project-store.ts';
import { removeProjects } from '../removal.ts';

export const deleteProject = route({
  room: 'namespaces',
  operation: 'deleteProject',
  method: 'DELETE',
  path: '/projects/:id',
  summary: 'Removes a project with its repository, pipelines, jobs and artifacts',
  auth: 'user',
  on: 'project',
  can: 'project.delete',
  params: PlaceId,
  status: 202,
  reply: Accepted,
  errors: [401, 403, 404, 412],
  async handle({ app, project, headers }) {
    if (!unmodifiedSince(headers['if-unmodified-since'], project.updatedAt)) throw preconditionFailed();
    await app.write(async (tx) => {
      if ((await lockProject(tx, project.id)) !== null) await removeProjects(app, tx, [project.id]);
    });
    return accepted;
  },
});
