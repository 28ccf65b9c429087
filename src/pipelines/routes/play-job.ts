import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { badRequest, notFound } from '../../http/errors.ts';
import { givenVariables } from '../given-variables.ts';
import { JobParams, JobReply } from '../job-api.ts';
import { findProjectJob } from '../job-store.ts';
import { jobReply } from '../job-views.ts';
import { requireActOn } from '../permission.ts';
import { playJob as playOne } from '../play.ts';

export const playJob = route({
  room: 'pipelines',
  operation: 'playJob',
  method: 'POST',
  path: '/projects/:id/jobs/:job_id/play',
  summary: 'Starts a manual job, or a delayed one before its time',
  auth: 'user',
  on: 'project',
  can: 'project.pipeline',
  also: 'push right on a protected ref',
  params: JobParams,
  input: Type.Object({
    job_variables_attributes: Type.Optional(
      Type.Array(
        Type.Object({
          key: Type.Optional(Type.String({ description: 'Name.' })),
          value: Type.Optional(Type.String({ description: 'Value.' })),
        }),
        { description: 'Variables of the job, over all others.' },
      ),
    ),
  }),
  reply: JobReply,
  errors: [400, 401, 403, 404],
  async handle({ app, params, input, project, facts, actor, baseUrl }) {
    const job = await findProjectJob(app.db, project.id, params.job_id);
    if (job === null) throw notFound();
    await requireActOn(app, job, facts);
    const variables = givenVariables(input.job_variables_attributes ?? [], 'Job variables');
    const played = await app.write((tx) => playOne(app, tx, job.id, actor.user.id, variables));
    if (played === null) throw badRequest('Unplayable Job');
    return jobReply(app, played, baseUrl);
  },
});
