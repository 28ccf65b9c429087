import { route } from '../../access/route.ts';
import { forbidden, notFound } from '../../http/errors.ts';
import { JobParams, JobReply } from '../job-api.ts';
import { findProjectJob } from '../job-store.ts';
import { jobReply } from '../job-views.ts';
import { requireActOn } from '../permission.ts';
import { retryJob as retryOne } from '../retry.ts';

export const retryJob = route({
  room: 'pipelines',
  operation: 'retryJob',
  method: 'POST',
  path: '/projects/:id/jobs/:job_id/retry',
  summary: 'Makes a new try of a job that is over; the answer is the new job',
  auth: 'user',
  on: 'project',
  can: 'project.pipeline',
  also: 'push right on a protected ref',
  params: JobParams,
  status: 201,
  reply: JobReply,
  errors: [400, 401, 403, 404],
  async handle({ app, params, project, facts, actor, baseUrl }) {
    const job = await findProjectJob(app.db, project.id, params.job_id);
    if (job === null) throw notFound();
    await requireActOn(app, job, facts);
    const made = await app.write((tx) => retryOne(app, tx, job.id, actor.user.id));
    if (made === null) throw forbidden('Job is not retryable');
    return jobReply(app, made, baseUrl);
  },
});
