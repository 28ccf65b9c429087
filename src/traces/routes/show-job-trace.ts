import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { can } from '../../access/can.ts';
import { forbidden, notFound } from '../../http/errors.ts';
import { content } from '../../http/route.ts';
import { findProjectJob } from '../../pipelines/job-store.ts';
import { isFinished } from '../../pipelines/job-state.ts';
import '../app.ts';
import { isLeftOver } from '../ended-log.ts';
import { isDebugLog } from '../debug-log-store.ts';

export const showJobTrace = route({
  room: 'traces',
  operation: 'showJobTrace',
  method: 'GET',
  path: '/projects/:id/jobs/:job_id/trace',
  summary: 'The log of a job, as far as it has come; empty when there is none',
  auth: 'anyone',
  on: 'project',
  can: 'project.jobs',
  also: 'project.debugLogs',
  params: Type.Object({
    id: Type.String({ description: 'Id or path of the project.' }),
    job_id: Type.Integer({ description: 'Id of the job.' }),
  }),
  status: 200,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, facts, params, project }) {
    const job = await findProjectJob(app.db, project.id, params.job_id);
    if (job === null) throw notFound();
    if (!can(actor, 'project.debugLogs', facts) && (await isDebugLog(app.db, job.id))) throw forbidden();
    // The agent went on at another server, which has the log by now.
    if (isFinished(job.status) && isLeftOver(app.logs, job)) app.logs.forget(job.id);
    const log = job.erasedAt === null ? await app.logs.read(job.id) : null;
    return content('text/plain; charset=utf-8', log === null ? '' : log.stream);
  },
});
