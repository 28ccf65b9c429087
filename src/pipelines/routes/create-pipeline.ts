import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { invalid } from '../../http/errors.ts';
import { OneOf } from '../../http/parameters.ts';
import { createPipeline as makePipeline } from '../create.ts';
import { givenVariables } from '../given-variables.ts';
import { ProjectParams } from '../job-api.ts';
import { mayActOn } from '../permission.ts';
import { FullPipeline } from '../pipeline-api.ts';
import { fullPipeline } from '../pipeline-views.ts';

const noSha = '0'.repeat(40);

export const createPipeline = route({
  room: 'pipelines',
  operation: 'createPipeline',
  method: 'POST',
  path: '/projects/:id/pipeline',
  summary: 'Makes a pipeline from the configuration at the tip of a branch or tag',
  auth: 'user',
  on: 'project',
  can: 'project.pipeline',
  also: 'push right on a protected ref',
  params: ProjectParams,
  input: Type.Object({
    ref: Type.String({ description: 'Branch or tag.' }),
    variables: Type.Optional(
      Type.Array(
        Type.Object({
          key: Type.Optional(Type.String({ description: 'Name.' })),
          value: Type.Optional(Type.String({ description: 'Value.' })),
          variable_type: Type.Optional(OneOf(['env_var', 'file'], { description: '`file`: jobs get a path to a file with the value.' })),
        }),
        { description: 'Variables of the pipeline, over those of settings and configuration.' },
      ),
    ),
    inputs: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        description: 'Values for `spec:inputs`, which no configuration can have yet.',
      }),
    ),
  }),
  status: 201,
  reply: FullPipeline,
  errors: [400, 401, 403, 404],
  async handle({ app, input, project, facts, actor, baseUrl }) {
    const refuse = (...base: string[]) => invalid({ base });
    const variables = givenVariables(input.variables ?? [], 'Variables');
    const unknown = Object.keys(input.inputs ?? {});
    if (unknown.length > 0)
      throw refuse(`Given inputs not defined in the \`spec\` section of the included configuration file: ${unknown.join(', ')}`);
    const ref = await app.resolveRef(project.id, input.ref);
    if (ref === null || ref.kind === 'sha') throw refuse('Reference not found');
    if (!(await mayActOn(app, { projectId: project.id, ref: ref.name, tag: ref.kind === 'tag' }, facts))) {
      throw refuse(
        `You do not have sufficient permission to run a pipeline on '${ref.name}'. ` +
          'Please select a different branch or contact your administrator for assistance.',
      );
    }
    const { pipeline, errors } = await makePipeline(app, { project, ref, beforeSha: noSha, source: 'api', user: actor.user, variables });
    if (pipeline === null) throw refuse(...errors);
    return fullPipeline(app, pipeline, project, baseUrl);
  },
});
