import { Type } from 'typebox';
import { sendArchive } from '../../artifacts/send.ts';
import { route } from '../../access/route.ts';
import { can } from '../../access/can.ts';
import { forbidden } from '../../http/errors.ts';
import { findProject } from '../../namespaces/project-store.ts';
import { projectFacts } from '../../namespaces/subjects.ts';
import { findJob } from '../../pipelines/job-store.ts';
import { JobIdInPath } from '../api.ts';

export const downloadDependency = route({
  room: 'runner-api',
  operation: 'downloadDependency',
  method: 'GET',
  path: '/jobs/:id/artifacts',
  summary: 'A running job fetches the archive of a job that it depends on',
  auth: 'user or job',
  params: JobIdInPath,
  input: Type.Object({ direct_download: Type.Optional(Type.Boolean({ description: 'A redirect to the object store is welcome.' })) }),
  status: 200,
  errors: [302, 400, 401, 403, 404],
  async handle({ app, params, input, actor, reply }) {
    const job = await findJob(app.db, params.id);
    const project = job === null ? null : await findProject(app.db, job.projectId);
    // Unknown and forbidden look alike here (runner protocol 8.3).
    if (job === null || project === null || actor.job === null) throw forbidden();
    const facts = await projectFacts(app, project, actor);
    if (!can(actor, 'project.jobs', facts)) throw forbidden();
    return sendArchive(app, reply, job.id, { actor, facts }, input.direct_download === true);
  },
});
