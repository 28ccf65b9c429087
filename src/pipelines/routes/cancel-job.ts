import { Type } from 'typebox';
import { can } from '../../access/can.ts';
import { route } from '../../access/route.ts';
import { forbidden, notFound } from '../../http/errors.ts';
import { cancelJob as cancelOne } from '../cancel.ts';
import { JobParams, JobReply } from '../job-api.ts';
import { findProjectJob } from '../job-store.ts';
import { jobReply } from '../job-views.ts';
import { requireActOn } from '../permission.ts';

export const cancelJob = route({
  room: 'pipelines',
  operation: 'cancelJob',
  method: 'POST',
  path: '/projects/:id/jobs/:job_id/cancel',
  summary: 'Cancels a job; one that is over stays as it is',
  auth: 'user',
  on: 'project',
  can: 'project.pipeline',
  also: 'push right on a protected ref; project.forceCancel with force',
  params: JobParams,
  input: Type.Object({
    force: Type.Optional(
      Type.Boolean({ description: 'Ends a job that is being canceled without waiting for its runner.', default: false }),
    ),
  }),
  status: 201,
  reply: JobReply,
  errors: [400, 401, 403, 404],
  async handle({ app, params, input, project, facts, actor, baseUrl }) {
    const job = await findProjectJob(app.db, project.id, params.job_id);
    if (job === null) throw notFound();
    await requireActOn(app, job, facts);
    const force = input.force === true;
    if (force && !can(actor, 'project.forceCancel', facts)) throw forbidden();
    const cancelled = await app.write((tx) => cancelOne(app, tx, job.id, force));
    return jobReply(app, cancelled ?? job, baseUrl);
  },
});
