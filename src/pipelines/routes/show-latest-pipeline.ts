import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { ProjectParams } from '../job-api.ts';
import { FullPipeline } from '../pipeline-api.ts';
import { newestPipeline } from '../pipeline-list-store.ts';
import { fullPipeline } from '../pipeline-views.ts';

export const showLatestPipeline = route({
  room: 'pipelines',
  operation: 'showLatestPipeline',
  method: 'GET',
  path: '/projects/:id/pipelines/latest',
  summary: 'The newest pipeline of the tip of a branch or tag',
  auth: 'anyone',
  on: 'project',
  can: 'project.jobs',
  params: ProjectParams,
  input: Type.Object({ ref: Type.Optional(Type.String({ description: 'Branch or tag; the default branch when left out.' })) }),
  reply: FullPipeline,
  errors: [400, 401, 403, 404],
  async handle({ app, input, project, baseUrl }) {
    const ref = await app.resolveRef(project.id, input.ref ?? project.defaultBranch);
    const pipeline = ref === null ? null : await newestPipeline(app.db, project.id, ref);
    if (pipeline === null) throw notFound();
    return fullPipeline(app, pipeline, project, baseUrl);
  },
});
