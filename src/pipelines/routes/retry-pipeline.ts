import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { retryPipeline as retryAll } from '../retry.ts';
import { PipelineParams } from '../job-api.ts';
import { requireActOn } from '../permission.ts';
import { FullPipeline } from '../pipeline-api.ts';
import { findProjectPipeline } from '../pipeline-store.ts';
import { fullPipeline } from '../pipeline-views.ts';

export const retryPipeline = route({
  room: 'pipelines',
  operation: 'retryPipeline',
  method: 'POST',
  path: '/projects/:id/pipelines/:pipeline_id/retry',
  summary: 'Makes new tries of all failed and canceled jobs of a pipeline',
  auth: 'user',
  on: 'project',
  can: 'project.pipeline',
  also: 'push right on a protected ref',
  params: PipelineParams,
  status: 201,
  reply: FullPipeline,
  errors: [400, 401, 403, 404],
  async handle({ app, params, project, facts, actor, baseUrl }) {
    const pipeline = await findProjectPipeline(app.db, project.id, params.pipeline_id);
    if (pipeline === null) throw notFound();
    await requireActOn(app, pipeline, facts);
    const changed = await app.write((tx) => retryAll(app, tx, pipeline.id, actor.user.id));
    if (changed === null) throw notFound();
    return fullPipeline(app, changed, project, baseUrl);
  },
});
