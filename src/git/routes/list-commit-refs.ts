import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { OneOf } from '../../http/parameters.ts';
import { CommitRef } from '../commit-api.ts';
import { refsContaining } from '../history.ts';
import { CommitParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { resolveRef } from '../refs.ts';

export const listCommitRefs = route({
  room: 'git',
  operation: 'listCommitRefs',
  method: 'GET',
  path: '/projects/:id/repository/commits/:sha/refs',
  summary: 'Branches and tags that have a commit in their history',
  auth: 'anyone',
  scopes: ['read_repository'],
  on: 'project',
  can: 'project.code',
  params: CommitParams,
  input: Type.Object({
    ...PageParameters,
    type: Type.Optional(OneOf(['branch', 'tag', 'all'], { description: 'Which of the two.', default: 'all' })),
  }),
  reply: Type.Array(CommitRef),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, project, params, input } = request;
    const page = pageOf(input);
    const repository = await repositoryOf(app, project);
    const found = await resolveRef(repository, params.sha);
    if (found === null) throw notFound('Commit');
    const branches = input.type === 'tag' ? [] : await refsContaining(repository, 'heads', found.sha);
    const tags = input.type === 'branch' ? [] : await refsContaining(repository, 'tags', found.sha);
    const all = [...branches.map((name) => ({ type: 'branch', name })), ...tags.map((name) => ({ type: 'tag', name }))];
    return paginate(request, page, { rows: all.slice(page.offset, page.offset + page.limit), total: all.length });
  },
});
