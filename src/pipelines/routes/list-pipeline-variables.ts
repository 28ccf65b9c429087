import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { PipelineParams } from '../job-api.ts';
import { PipelineVariableReply } from '../pipeline-api.ts';
import { findProjectPipeline } from '../pipeline-store.ts';
import { pipelineGivenVariables } from '../variable-store.ts';

export const listPipelineVariables = route({
  room: 'pipelines',
  operation: 'listPipelineVariables',
  method: 'GET',
  path: '/projects/:id/pipelines/:pipeline_id/variables',
  summary: 'Variables that a pipeline was started with',
  auth: 'user',
  on: 'project',
  can: 'project.pipeline',
  params: PipelineParams,
  reply: Type.Array(PipelineVariableReply),
  errors: [400, 401, 403, 404],
  async handle({ app, params, project }) {
    const pipeline = await findProjectPipeline(app.db, project.id, params.pipeline_id);
    if (pipeline === null) throw notFound();
    const variables = await pipelineGivenVariables(app.db, app.secrets, pipeline.id);
    return variables.map(({ key, value, variableType, raw }) => ({ variable_type: variableType, key, value, raw }));
  },
});
