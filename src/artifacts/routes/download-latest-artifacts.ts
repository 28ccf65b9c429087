import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { sendArchive } from '../send.ts';
import { latestJobWithArchive } from '../store.ts';

export const downloadLatestArtifacts = route({
  room: 'artifacts',
  operation: 'downloadLatestArtifacts',
  method: 'GET',
  path: '/projects/:id/jobs/artifacts/:ref/download',
  summary: 'The archive of the newest successful job of a name on a branch or tag',
  auth: 'anyone or job',
  on: 'project',
  can: 'project.jobs',
  params: Type.Object({
    id: Type.String({ description: 'Id or path of the project.' }),
    ref: Type.String({ description: 'Branch or tag.' }),
  }),
  input: Type.Object({ job: Type.String({ description: 'Name of the job.' }) }),
  status: 200,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, facts, params, input, project, reply }) {
    const jobId = await latestJobWithArchive(app.db, project.id, params.ref, input.job);
    if (jobId === null) throw notFound();
    return sendArchive(app, reply, jobId, { actor, facts });
  },
});
