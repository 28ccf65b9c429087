import { Type } from 'typebox';
import { levels, memberLevels, roleNames } from '../../access/role.ts';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { ancestorIds, namespacesById } from '../../namespaces/namespace-store.ts';
import { findProject } from '../../namespaces/project-store.ts';
import { projectFacts } from '../../namespaces/subjects.ts';
import { findJob } from '../../pipelines/job-store.ts';

const Ids = (description: string) => Type.Object({ id: Type.Integer({ description: 'Its id.' }) }, { description });

export const showAllowedAgents = route({
  room: 'runner-api',
  operation: 'showAllowedAgents',
  method: 'GET',
  path: '/job/allowed_agents',
  summary: 'What a running job may reach in clusters: no agents of clusters, and whom it acts for',
  auth: 'user or job',
  reply: Type.Object({
    allowed_agents: Type.Array(Type.Unknown(), { description: 'Always empty: there are no agents of clusters.' }),
    job: Ids('The job whose token was given.'),
    pipeline: Ids('Its pipeline.'),
    project: Type.Object(
      {
        id: Type.Integer({ description: 'Its id.' }),
        groups: Type.Array(Ids('A group.'), { description: 'Its group and those above.' }),
      },
      { description: 'Its project.' },
    ),
    user: Type.Object(
      {
        id: Type.Integer({ description: 'Its id.' }),
        username: Type.String({ description: 'Its name for signing in.' }),
        roles_in_project: Type.Array(Type.String(), { description: 'Its role and those below, lowest first.' }),
      },
      { description: 'The user for whom the job acts.' },
    ),
  }),
  errors: [401, 404],
  async handle({ app, actor }) {
    const job = actor.job === null ? null : await findJob(app.db, actor.job.id);
    const project = job === null ? null : await findProject(app.db, job.projectId);
    if (job === null || project === null) throw notFound('Job');
    const above = await namespacesById(app.db, await ancestorIds(app.db, project.namespaceId));
    const { level } = await projectFacts(app, project, actor);
    const roles = memberLevels.filter((one) => one >= levels.guest && one <= level);
    return {
      allowed_agents: [],
      job: { id: job.id },
      pipeline: { id: job.pipelineId },
      project: { id: project.id, groups: [...above.values()].filter((one) => one.kind === 'group').map(({ id }) => ({ id })) },
      user: {
        id: actor.user.id,
        username: actor.user.username,
        roles_in_project: roles.map((one) => (roleNames[one] ?? '').toLowerCase()),
      },
    };
  },
});
