import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { ProjectParams } from '../job-api.ts';
import { LintParameters, LintReply, presentLint } from '../lint-api.ts';
import { lint } from '../lint.ts';

export const lintContent = route({
  room: 'pipelines',
  operation: 'lintContent',
  method: 'POST',
  path: '/projects/:id/ci/lint',
  summary: 'Checks a configuration that is given',
  auth: 'user',
  on: 'project',
  can: 'project.pipeline',
  params: ProjectParams,
  input: Type.Object({
    content: Type.String({ description: 'The configuration.' }),
    ...LintParameters,
    ref: Type.Optional(Type.String({ description: 'Branch or tag of the simulation; the default branch when left out.' })),
  }),
  status: 200,
  // A configuration may have 2 MiB, and more than that in JSON.
  bodyLimit: 5 * 1024 * 1024,
  reply: LintReply,
  errors: [400, 401, 403, 404],
  async handle({ app, input, project, actor }) {
    const simulateOn = input.dry_run === true ? (input.ref ?? project.defaultBranch) : null;
    const question = { project, user: actor.user, source: input.content, simulateOn, includeJobs: input.include_jobs === true };
    return presentLint(await lint(app, question));
  },
});
