import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { JobReply } from '../job-api.ts';
import { findJob } from '../job-store.ts';
import { jobReply } from '../job-views.ts';

export const showRunningJob = route({
  room: 'pipelines',
  operation: 'showRunningJob',
  method: 'GET',
  path: '/job',
  summary: 'The running job whose token was given',
  auth: 'user or job',
  reply: JobReply,
  errors: [401, 404],
  async handle({ app, actor, baseUrl }) {
    const job = actor.job === null ? null : await findJob(app.db, actor.job.id);
    if (job === null) throw notFound('Job');
    return jobReply(app, job, baseUrl);
  },
});
