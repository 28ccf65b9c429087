import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { JobParams, JobReply } from '../job-api.ts';
import { findProjectJob } from '../job-store.ts';
import { jobReply } from '../job-views.ts';

export const showJob = route({
  room: 'pipelines',
  operation: 'showJob',
  method: 'GET',
  path: '/projects/:id/jobs/:job_id',
  summary: 'One job',
  auth: 'anyone',
  on: 'project',
  can: 'project.jobs',
  params: JobParams,
  reply: JobReply,
  errors: [400, 401, 403, 404],
  async handle({ app, params, project, baseUrl }) {
    const job = await findProjectJob(app.db, project.id, params.job_id);
    if (job === null) throw notFound();
    return jobReply(app, job, baseUrl);
  },
});
