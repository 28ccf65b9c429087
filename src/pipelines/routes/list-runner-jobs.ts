import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { badParameter } from '../../http/errors.ts';
import { keysetLink, PageParameters, pageOf, paginate } from '../../http/pagination.ts';
import { OneOf } from '../../http/parameters.ts';
import { runnerFor } from '../../runners/find.ts';
import { presentRunnerJob, RunnerJobReply } from '../job-api.ts';
import { jobsAfter, jobsOfPage, listJobs, type JobFilter } from '../job-list-store.ts';
import { jobStatuses } from '../job-state.ts';
import { jobViews } from '../job-views.ts';

export const listRunnerJobs = route({
  room: 'pipelines',
  operation: 'listRunnerJobs',
  method: 'GET',
  path: '/runners/:id/jobs',
  summary: 'Jobs that a runner took, oldest first',
  auth: 'user',
  scopes: ['manage_runner'],
  also: 'runner.jobs',
  params: Type.Object({ id: Type.Integer({ description: 'Id of the runner.' }) }),
  input: Type.Object({
    ...PageParameters,
    status: Type.Optional(OneOf(jobStatuses, { description: 'Only jobs in this status.' })),
    order_by: Type.Optional(OneOf(['id'], { description: 'Order; then newest first unless `sort` says otherwise.' })),
    sort: Type.Optional(OneOf(['asc', 'desc'], { description: 'Direction; without effect unless `order_by` is given.' })),
    system_id: Type.Optional(Type.String({ description: 'Only jobs of this manager.' })),
    pagination: Type.Optional(OneOf(['keyset', 'legacy'], { description: '`keyset`: pages follow a cursor instead of a number.' })),
    cursor: Type.Optional(Type.String({ description: 'Where a page by cursor begins; from the `Link` of the page before.' })),
  }),
  reply: Type.Array(RunnerJobReply),
  errors: [400, 401, 403, 404],
  async handle(request) {
    const { app, input, params, actor, baseUrl: url } = request;
    const { runner } = await runnerFor(app, actor, params.id, 'runner.jobs');
    const now = app.clock.now();
    const sort = input.order_by === undefined ? 'asc' : (input.sort ?? 'desc');
    const filter: JobFilter = {
      runnerId: runner.id,
      systemId: input.system_id,
      ...(input.status === undefined ? {} : { statuses: [input.status] }),
      ...(actor.user.admin ? {} : { readableBy: { userId: actor.user.id, now } }),
    };
    const page = pageOf(input);
    const read = input.system_id === undefined ? listJobs : jobsOfPage;
    const jobs = input.pagination === 'keyset' ? await byCursor() : paginate(request, page, await read(app.db, filter, page, sort));
    const views = await jobViews(app, jobs);
    return views.map((view) => presentRunnerJob(view, { url, now }));

    async function byCursor() {
      const found = await jobsAfter(app.db, filter, readCursor(input.cursor), page.limit, sort);
      const shown = found.slice(0, page.perPage);
      const last = found.length > page.perPage ? shown.at(-1) : undefined;
      keysetLink(request, page.perPage, last === undefined ? null : writeCursor(last.id));
      return shown;
    }
  },
});

/** Cursors are opaque to clients: the id of the last job of a page, in base64. */
function writeCursor(jobId: number): string {
  return Buffer.from(JSON.stringify({ id: jobId })).toString('base64url');
}

function readCursor(cursor: string | undefined): number | null {
  if (cursor === undefined || cursor === '') return null;
  const id = /^\{"id":(\d{1,15})\}$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  if (id === undefined) throw badParameter('cursor is invalid');
  return Number(id);
}
