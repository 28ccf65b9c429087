import { Type } from 'typebox';
import { JobReply } from '../../pipelines/job-api.ts';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { jobReply } from '../../pipelines/job-views.ts';
import { findProjectJob } from '../../pipelines/job-store.ts';
import { canBeKept } from '../artifact.ts';
import { findArtifact, setExpiry } from '../store.ts';

export const keepJobArtifacts = route({
  room: 'artifacts',
  operation: 'keepJobArtifacts',
  method: 'POST',
  path: '/projects/:id/jobs/:job_id/artifacts/keep',
  summary: 'Keeps what a job has left behind for ever',
  auth: 'user',
  on: 'project',
  can: 'project.pipeline',
  params: Type.Object({
    id: Type.String({ description: 'Id or path of the project.' }),
    job_id: Type.Integer({ description: 'Id of the job.' }),
  }),
  reply: JobReply,
  errors: [400, 401, 403, 404],
  async handle({ app, params, project, baseUrl }) {
    const job = await findProjectJob(app.db, project.id, params.job_id);
    const archive = job === null ? null : await findArtifact(app.db, job.id, 'archive');
    if (job === null || archive === null || !canBeKept(archive, app.clock.now())) throw notFound();
    await app.write((tx) => setExpiry(tx, job.id, null));
    return jobReply(app, { ...job, artifactsExpireAt: null }, baseUrl);
  },
});
