import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { JobScope, PipelineParams } from '../job-api.ts';
import { BasicPipeline } from '../pipeline-api.ts';
import { findProjectPipeline } from '../pipeline-store.ts';

export const listPipelineBridges = route({
  room: 'pipelines',
  operation: 'listPipelineBridges',
  method: 'GET',
  path: '/projects/:id/pipelines/:pipeline_id/bridges',
  summary: 'Jobs of a pipeline that start other pipelines; always empty, since configurations with `trigger` are refused',
  auth: 'anyone',
  on: 'project',
  can: 'project.jobs',
  params: PipelineParams,
  input: Type.Object({ ...PageParameters, scope: JobScope }),
  reply: Type.Array(Type.Object({ downstream_pipeline: BasicPipeline })),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, params, project, input } = request;
    if ((await findProjectPipeline(app.db, project.id, params.pipeline_id)) === null) throw notFound();
    return paginate(request, pageOf(input), { rows: [], total: 0 });
  },
});
