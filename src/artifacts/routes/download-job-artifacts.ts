import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { findProjectJob } from '../../pipelines/job-store.ts';
import { sendArchive } from '../send.ts';

export const downloadJobArtifacts = route({
  room: 'artifacts',
  operation: 'downloadJobArtifacts',
  method: 'GET',
  path: '/projects/:id/jobs/:job_id/artifacts',
  summary: 'The archive of a job, as it was uploaded',
  auth: 'anyone or job',
  on: 'project',
  can: 'project.jobs',
  params: Type.Object({
    id: Type.String({ description: 'Id or path of the project.' }),
    job_id: Type.Integer({ description: 'Id of the job.' }),
  }),
  status: 200,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, facts, params, project, reply }) {
    const job = await findProjectJob(app.db, project.id, params.job_id);
    if (job === null) throw notFound();
    return sendArchive(app, reply, job.id, { actor, facts });
  },
});
