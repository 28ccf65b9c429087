import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { PipelineParams } from '../job-api.ts';
import { FullPipeline } from '../pipeline-api.ts';
import { findProjectPipeline } from '../pipeline-store.ts';
import { fullPipeline } from '../pipeline-views.ts';

export const showPipeline = route({
  room: 'pipelines',
  operation: 'showPipeline',
  method: 'GET',
  path: '/projects/:id/pipelines/:pipeline_id',
  summary: 'One pipeline',
  auth: 'anyone',
  on: 'project',
  can: 'project.jobs',
  params: PipelineParams,
  reply: FullPipeline,
  errors: [400, 401, 403, 404],
  async handle({ app, params, project, baseUrl }) {
    const pipeline = await findProjectPipeline(app.db, project.id, params.pipeline_id);
    if (pipeline === null) throw notFound();
    return fullPipeline(app, pipeline, project, baseUrl);
  },
});
