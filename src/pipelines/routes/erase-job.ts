import { route } from '../../access/route.ts';
import { forbidden, notFound } from '../../http/errors.ts';
import { eraseJob as eraseOne } from '../erase.ts';
import { JobParams, JobReply } from '../job-api.ts';
import { findProjectJob } from '../job-store.ts';
import { jobReply } from '../job-views.ts';
import { requireErase } from '../permission.ts';

export const eraseJob = route({
  room: 'pipelines',
  operation: 'eraseJob',
  method: 'POST',
  path: '/projects/:id/jobs/:job_id/erase',
  summary: 'Removes the log and the artifacts of a job that is over',
  auth: 'user',
  on: 'project',
  can: 'project.pipeline',
  also: 'project.eraseJobs, or the own job on an unprotected ref',
  params: JobParams,
  status: 201,
  reply: JobReply,
  errors: [400, 401, 403, 404],
  async handle({ app, params, project, facts, actor, baseUrl }) {
    const job = await findProjectJob(app.db, project.id, params.job_id);
    if (job === null) throw notFound();
    await requireErase(app, job, actor, facts);
    const erased = await eraseOne(app, job.id);
    if (erased === null) throw forbidden('Job is not erasable!');
    return jobReply(app, erased, baseUrl);
  },
});
