import { Type } from 'typebox';
import { timeParameter } from '../../access/parameter-rules.ts';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { OneOf } from '../../http/parameters.ts';
import { ProjectParams } from '../job-api.ts';
import { jobStatuses } from '../job-state.ts';
import { ListedPipeline, presentBasicPipeline } from '../pipeline-api.ts';
import { listPipelines as readPipelines, pipelineOrders, scopeFilter, pipelineScopes } from '../pipeline-list-store.ts';
import { pipelineSources } from '../pipeline.ts';

export const listPipelines = route({
  room: 'pipelines',
  operation: 'listPipelines',
  method: 'GET',
  path: '/projects/:id/pipelines',
  summary: 'Pipelines of a project, newest first',
  auth: 'anyone',
  on: 'project',
  can: 'project.jobs',
  params: ProjectParams,
  input: Type.Object({
    ...PageParameters,
    scope: Type.Optional(OneOf(pipelineScopes, { description: 'Those that run, wait or are over, or the newest of each branch or tag.' })),
    status: Type.Optional(OneOf(jobStatuses, { description: 'Only pipelines in this status.' })),
    ref: Type.Optional(Type.String({ description: 'Only pipelines of this branch or tag.' })),
    sha: Type.Optional(Type.String({ description: 'Only pipelines of this commit (full id).' })),
    source: Type.Optional(OneOf(pipelineSources, { description: 'Only pipelines made by this.' })),
    name: Type.Optional(Type.String({ description: 'Only pipelines with this name.' })),
    username: Type.Optional(Type.String({ description: 'Only pipelines that this user started.' })),
    yaml_errors: Type.Optional(Type.Boolean({ description: 'Only pipelines with a broken configuration, or only others.' })),
    updated_before: Type.Optional(Type.String({ description: 'Changed before this time.' })),
    updated_after: Type.Optional(Type.String({ description: 'Changed after this time.' })),
    created_before: Type.Optional(Type.String({ description: 'Made before this time.' })),
    created_after: Type.Optional(Type.String({ description: 'Made after this time.' })),
    order_by: Type.Optional(OneOf(pipelineOrders, { description: 'Order.', default: 'id' })),
    sort: Type.Optional(OneOf(['asc', 'desc'], { description: 'Direction.', default: 'desc' })),
  }),
  reply: Type.Array(ListedPipeline),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, input, project, baseUrl } = request;
    const page = pageOf(input);
    const filter = {
      projectId: project.id,
      ...scopeFilter(input.scope, input.status),
      ref: input.ref,
      sha: input.sha,
      source: input.source,
      name: input.name,
      username: input.username,
      yamlErrors: input.yaml_errors,
      updatedBefore: timeParameter('updated_before', input.updated_before),
      updatedAfter: timeParameter('updated_after', input.updated_after),
      createdBefore: timeParameter('created_before', input.created_before),
      createdAfter: timeParameter('created_after', input.created_after),
    };
    const found = await readPipelines(app.db, filter, page, { by: input.order_by ?? 'id', sort: input.sort ?? 'desc' });
    return paginate(request, page, found).map((pipeline) => ({ ...presentBasicPipeline(pipeline, project, baseUrl), name: pipeline.name }));
  },
});
