import { Type } from 'typebox';
import { can } from '../../access/can.ts';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { findProject } from '../../namespaces/project-store.ts';
import { projectFacts } from '../../namespaces/subjects.ts';
import { findJob } from '../../pipelines/job-store.ts';
import { Explanation } from '../explain-api.ts';
import { explainJob as explain } from '../explain.ts';

export const explainJob = route({
  room: 'queue',
  operation: 'explainJob',
  method: 'GET',
  path: '/baton/jobs/:id/explain',
  summary: 'Why a job waits, and what would let it run; or what became of it',
  auth: 'anyone',
  also: 'project.jobs',
  params: Type.Object({ id: Type.Integer({ description: 'Id of the job.' }) }),
  reply: Explanation,
  errors: [400, 401, 404],
  async handle({ app, actor, params, baseUrl }) {
    const job = Number.isSafeInteger(params.id) ? await findJob(app.db, params.id) : null;
    const project = job === null ? null : await findProject(app.db, job.projectId);
    if (job === null || project === null) throw notFound('Job');
    const facts = await projectFacts(app, project, actor);
    // Whoever may not read it does not learn that it is there.
    if (!can(actor, 'project.read', facts) || !can(actor, 'project.jobs', facts)) throw notFound('Job');
    return explain(app, job, project, { actor, facts }, baseUrl);
  },
});
