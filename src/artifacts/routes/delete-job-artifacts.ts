import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { findProjectJob } from '../../pipelines/job-store.ts';
import { eraseArtifacts } from '../keep.ts';
import { setExpiry } from '../store.ts';

export const deleteJobArtifacts = route({
  room: 'artifacts',
  operation: 'deleteJobArtifacts',
  method: 'DELETE',
  path: '/projects/:id/jobs/:job_id/artifacts',
  summary: 'Removes what a job has left behind; its log stays',
  auth: 'user',
  on: 'project',
  can: 'project.forceCancel',
  params: Type.Object({
    id: Type.String({ description: 'Id or path of the project.' }),
    job_id: Type.Integer({ description: 'Id of the job.' }),
  }),
  errors: [400, 401, 403, 404],
  async handle({ app, params, project }) {
    const job = await findProjectJob(app.db, project.id, params.job_id);
    if (job === null) throw notFound();
    await app.write(async (tx) => {
      await eraseArtifacts(app, tx, [job.id]);
      await setExpiry(tx, job.id, null);
    });
  },
});
