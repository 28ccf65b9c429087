import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { JobReply, JobScope, PipelineParams } from '../job-api.ts';
import { listJobs } from '../job-list-store.ts';
import { jobReplies } from '../job-views.ts';
import { findProjectPipeline } from '../pipeline-store.ts';

export const listPipelineJobs = route({
  room: 'pipelines',
  operation: 'listPipelineJobs',
  method: 'GET',
  path: '/projects/:id/pipelines/:pipeline_id/jobs',
  summary: 'Jobs of a pipeline, newest first',
  auth: 'anyone',
  on: 'project',
  can: 'project.jobs',
  params: PipelineParams,
  input: Type.Object({
    ...PageParameters,
    scope: JobScope,
    include_retried: Type.Optional(Type.Boolean({ description: 'Also jobs of which a newer try exists.', default: false })),
  }),
  reply: Type.Array(JobReply),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, input, params, project, baseUrl } = request;
    const pipeline = await findProjectPipeline(app.db, project.id, params.pipeline_id);
    if (pipeline === null) throw notFound();
    const page = pageOf(input);
    const filter = { pipelineId: pipeline.id, statuses: input.scope, latest: input.include_retried !== true };
    const jobs = paginate(request, page, await listJobs(app.db, filter, page, 'desc'));
    return jobReplies(app, jobs, baseUrl);
  },
});
