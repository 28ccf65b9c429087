import { route } from '../../access/route.ts';
import { notFound, preconditionFailed } from '../../http/errors.ts';
import { unmodifiedSince } from '../../http/headers.ts';
import { PipelineParams } from '../job-api.ts';
import { findProjectPipeline } from '../pipeline-store.ts';
import { removePipelines } from '../remove.ts';

export const deletePipeline = route({
  room: 'pipelines',
  operation: 'deletePipeline',
  method: 'DELETE',
  path: '/projects/:id/pipelines/:pipeline_id',
  summary: 'Removes a pipeline with its jobs, their logs and artifacts; running jobs are canceled',
  auth: 'user',
  on: 'project',
  can: 'project.deletePipelines',
  params: PipelineParams,
  errors: [400, 401, 403, 404, 412],
  async handle({ app, params, project, headers }) {
    const pipeline = await findProjectPipeline(app.db, project.id, params.pipeline_id);
    if (pipeline === null) throw notFound();
    if (!unmodifiedSince(headers['if-unmodified-since'], pipeline.updatedAt)) throw preconditionFailed();
    await app.write((tx) => removePipelines(app, tx, [pipeline]));
  },
});
