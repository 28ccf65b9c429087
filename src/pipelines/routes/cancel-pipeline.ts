import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { cancelPipeline as cancelAll } from '../cancel.ts';
import { PipelineParams } from '../job-api.ts';
import { requireActOn } from '../permission.ts';
import { FullPipeline } from '../pipeline-api.ts';
import { findProjectPipeline } from '../pipeline-store.ts';
import { fullPipeline } from '../pipeline-views.ts';

export const cancelPipeline = route({
  room: 'pipelines',
  operation: 'cancelPipeline',
  method: 'POST',
  path: '/projects/:id/pipelines/:pipeline_id/cancel',
  summary: 'Cancels all jobs of a pipeline that are not over',
  auth: 'user',
  on: 'project',
  can: 'project.pipeline',
  also: 'push right on a protected ref',
  params: PipelineParams,
  status: 200,
  reply: FullPipeline,
  errors: [400, 401, 403, 404],
  async handle({ app, params, project, facts, baseUrl }) {
    const pipeline = await findProjectPipeline(app.db, project.id, params.pipeline_id);
    if (pipeline === null) throw notFound();
    await requireActOn(app, pipeline, facts);
    const changed = await app.write((tx) => cancelAll(app, tx, pipeline.id));
    if (changed === null) throw notFound();
    return fullPipeline(app, changed, project, baseUrl);
  },
});
