import { route } from '../../access/route.ts';
import { TagParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { TagReply } from '../tag-api.ts';
import { findTag, viewTag } from '../tag-views.ts';

export const showTag = route({
  room: 'git',
  operation: 'showTag',
  method: 'GET',
  path: '/projects/:id/repository/tags/:tag_name',
  summary: 'A tag',
  auth: 'anyone',
  scopes: ['read_repository'],
  on: 'project',
  can: 'project.code',
  params: TagParams,
  reply: TagReply,
  errors: [401, 403, 404],
  async handle({ app, project, params }) {
    const repository = await repositoryOf(app, project);
    return viewTag(app, project, repository, await findTag(repository, params.tag_name));
  },
});
