import { Type } from 'typebox';
import { requireOneOf } from '../../access/parameter-rules.ts';
import { route } from '../../access/route.ts';
import { NullableInteger } from '../../http/parameters.ts';
import { addProject } from '../add-project.ts';
import { ProjectDetails } from '../project-details-api.ts';
import { ProjectParameters } from '../project-input.ts';
import { viewProject } from '../project-view.ts';
import { projectFacts } from '../subjects.ts';

export const createProject = route({
  room: 'namespaces',
  operation: 'createProject',
  method: 'POST',
  path: '/projects',
  summary: 'Makes a project with its repository',
  auth: 'user',
  also: 'group.createProject',
  input: Type.Object({
    ...ProjectParameters,
    namespace_id: Type.Optional(NullableInteger({ description: 'Id of the group or user namespace; default: the caller’s own.' })),
    initialize_with_readme: Type.Optional(Type.Boolean({ description: 'true: makes a first commit with a README.md.' })),
  }),
  status: 201,
  reply: ProjectDetails,
  errors: [400, 401, 403],
  async handle({ app, actor, input, given }) {
    requireOneOf(given, ['name', 'path']);
    const project = await addProject(app, actor, input);
    return viewProject(app, project, actor, await projectFacts(app, project, actor));
  },
});
