import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { JobReply, JobScope, ProjectParams } from '../job-api.ts';
import { listJobs } from '../job-list-store.ts';
import { jobReplies } from '../job-views.ts';

export const listProjectJobs = route({
  room: 'pipelines',
  operation: 'listProjectJobs',
  method: 'GET',
  path: '/projects/:id/jobs',
  summary: 'Jobs of a project, newest first',
  auth: 'anyone',
  on: 'project',
  can: 'project.jobs',
  params: ProjectParams,
  input: Type.Object({ ...PageParameters, scope: JobScope }),
  reply: Type.Array(JobReply),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, input, project, baseUrl } = request;
    const page = pageOf(input);
    const jobs = paginate(request, page, await listJobs(app.db, { projectId: project.id, statuses: input.scope }, page, 'desc'));
    return jobReplies(app, jobs, baseUrl);
  },
});
