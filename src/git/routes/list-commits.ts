import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { badParameter, notFound } from '../../http/errors.ts';
import { PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { CommitReply, presentCommit } from '../commit-api.ts';
import { commitStats, history } from '../history.ts';
import { ProjectParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { branches, isEmpty, resolveRef } from '../refs.ts';
import type { Repository } from '../repository.ts';

export const listCommits = route({
  room: 'git',
  operation: 'listCommits',
  method: 'GET',
  path: '/projects/:id/repository/commits',
  summary: 'The history of a branch, tag or commit, newest first',
  auth: 'anyone',
  scopes: ['read_repository'],
  on: 'project',
  can: 'project.code',
  params: ProjectParams,
  input: Type.Object({
    ...PageParameters,
    ref_name: Type.Optional(Type.String({ description: 'Branch, tag or commit; default: the default branch.' })),
    path: Type.Optional(Type.String({ description: 'Only commits that changed this file or folder.' })),
    since: Type.Optional(Type.String({ description: 'Only commits of this time (ISO 8601) or later.' })),
    until: Type.Optional(Type.String({ description: 'Only commits of this time (ISO 8601) or earlier.' })),
    all: Type.Optional(Type.Boolean({ description: 'true: the history of all branches.' })),
    first_parent: Type.Optional(Type.Boolean({ description: 'true: of merges only the first parent is followed.' })),
    with_stats: Type.Optional(Type.Boolean({ description: 'true: with the number of changed lines.' })),
  }),
  reply: Type.Array(CommitReply),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, project, input } = request;
    const page = pageOf(input);
    const [since, until] = [timeOf('since', input.since), timeOf('until', input.until)];
    const repository = await repositoryOf(app, project);
    const rows = await history(repository, await startOf(repository, input.ref_name || 'HEAD', input.all === true), {
      limit: page.limit,
      skip: page.offset,
      firstParent: input.first_parent === true,
      ...(input.path === undefined ? {} : { path: input.path }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
    });
    // Counting a whole history takes longer than reading a page of it; GitLab does not count here either.
    const shown = paginate(request, page, { rows, total: null });
    const ids = input.with_stats === true ? shown.map(({ id }) => id) : [];
    const stats = await commitStats(repository, ids);
    return shown.map((commit) => presentCommit(commit, project, app.url, stats.get(commit.id)));
  },
});

async function startOf(repository: Repository, ref: string, all: boolean): Promise<string[]> {
  if (all) return (await branches(repository)).map(({ sha }) => sha);
  const found = await resolveRef(repository, ref);
  if (found !== null) return [found.sha];
  if (ref === 'HEAD' && (await isEmpty(repository))) return [];
  throw notFound('Commit');
}

function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw badParameter(`${name} is invalid`);
  return time;
}
