import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { ProjectParams } from '../job-api.ts';
import { LintParameters, LintReply, presentLint } from '../lint-api.ts';
import { lint } from '../lint.ts';

export const lintProject = route({
  room: 'pipelines',
  operation: 'lintProject',
  method: 'GET',
  path: '/projects/:id/ci/lint',
  summary: 'Checks the configuration in the repository',
  auth: 'user',
  on: 'project',
  can: 'project.code',
  params: ProjectParams,
  input: Type.Object({
    content_ref: Type.Optional(
      Type.String({ description: 'Branch, tag or commit whose configuration is checked; the default branch when left out.' }),
    ),
    sha: Type.Optional(Type.String({ description: 'The older name of `content_ref`.' })),
    ...LintParameters,
    dry_run_ref: Type.Optional(Type.String({ description: 'Branch or tag of the simulation; the default branch when left out.' })),
    ref: Type.Optional(Type.String({ description: 'The older name of `dry_run_ref`.' })),
  }),
  reply: LintReply,
  errors: [400, 401, 403, 404],
  async handle({ app, input, project, actor }) {
    const found = await app.resolveRef(project.id, input.content_ref ?? input.sha ?? project.defaultBranch);
    if (found === null) throw notFound('Commit');
    const path = project.ciConfigPath ?? '.gitlab-ci.yml';
    const source = (await app.readRepositoryFile(project.id, found.sha, path)) ?? '';
    const simulateOn = input.dry_run === true ? (input.dry_run_ref ?? input.ref ?? project.defaultBranch) : null;
    return presentLint(await lint(app, { project, user: actor.user, source, simulateOn, includeJobs: input.include_jobs === true }));
  },
});
