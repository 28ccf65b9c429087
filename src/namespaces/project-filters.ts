import { Type, type Static } from 'typebox';
import { timeParameter } from '../access/parameter-rules.ts';
import { levels, memberLevels } from '../access/role.ts';
import type { Actor } from '../access/user.ts';
import { HttpError } from '../http/errors.ts';
import { keysetLink, PageParameters, pageOf, paginate } from '../http/pagination.ts';
import { OneOf } from '../http/parameters.ts';
import type { App, Request } from '../http/route.ts';
import { visibilities } from './namespace.ts';
import { BasicProject } from './project-api.ts';
import { ProjectDetails } from './project-details-api.ts';
import { listProjects, projectsFromCursor, type ProjectFilter, type ProjectOrder } from './project-list-store.ts';
import type { Project } from './project.ts';
import { viewBasicProjects, viewProjects } from './project-view.ts';

const orders = ['id', 'name', 'path', 'created_at', 'updated_at', 'last_activity_at', 'star_count'] as const;

/** Parameters that all lists of projects take. */
export const ProjectFilters = {
  ...PageParameters,
  search: Type.Optional(Type.String({ description: 'Part of the name, path or description.' })),
  search_namespaces: Type.Optional(Type.Boolean({ description: 'true: searches full paths, too.' })),
  membership: Type.Optional(Type.Boolean({ description: 'true: only projects that the caller is a member of.' })),
  owned: Type.Optional(Type.Boolean({ description: 'true: only projects that the caller owns.' })),
  min_access_level: Type.Optional(
    Type.Unsafe<number>({
      type: 'integer',
      enum: [...memberLevels],
      description: 'Only projects in which the caller has at least this level.',
    }),
  ),
  starred: Type.Optional(Type.Boolean({ description: 'true: none, since projects have no stars here.' })),
  visibility: Type.Optional(OneOf(visibilities, { description: 'Only projects of this visibility.' })),
  archived: Type.Optional(Type.Boolean({ description: 'Only projects that are archived, or are not.' })),
  topic: Type.Optional(
    Type.Unsafe<string[]>({
      type: 'array',
      items: { type: 'string' },
      commaList: true,
      description: 'Only projects with all these topics.',
    }),
  ),
  id_after: Type.Optional(Type.Integer({ description: 'Only projects of a greater id.' })),
  id_before: Type.Optional(Type.Integer({ description: 'Only projects of a smaller id.' })),
  last_activity_after: Type.Optional(Type.String({ description: 'Only projects with something new after this time.' })),
  last_activity_before: Type.Optional(Type.String({ description: 'Only projects with nothing new since this time.' })),
  simple: Type.Optional(Type.Boolean({ description: 'true: the basic form of each.' })),
  order_by: Type.Optional(OneOf(orders, { default: 'created_at', description: 'Order.' })),
  sort: Type.Optional(OneOf(['asc', 'desc'], { default: 'desc', description: 'Direction of the order.' })),
  pagination: Type.Optional(OneOf(['keyset', 'legacy', 'offset'], { description: '`keyset`: pages by id, the next one only in `Link`.' })),
  cursor: Type.Optional(Type.Integer({ description: 'Where the page begins; from the `Link` of the page before.' })),
};
const ProjectFilterInput = Type.Object(ProjectFilters);
type ProjectFilterInput = Static<typeof ProjectFilterInput>;

export const ProjectList = Type.Array(Type.Union([ProjectDetails, BasicProject]));

/** What a list of projects for this caller is narrowed to. */
function projectFilterOf(app: App, actor: Actor | null, input: ProjectFilterInput): ProjectFilter {
  const level = input.owned === true ? levels.owner : input.min_access_level;
  const isOwn = actor !== null && (level !== undefined || input.membership === true);
  return {
    viewer: { actor, now: app.clock.now() },
    search: input.search,
    searchNamespaces: input.search_namespaces,
    visibility: input.visibility,
    archived: input.archived,
    topics: input.topic,
    idAfter: safe(input.id_after),
    // No project has a negative id, so this is how stars narrow a list.
    idBefore: input.starred === true ? 0 : safe(input.id_before),
    activeAfter: timeParameter('last_activity_after', input.last_activity_after),
    activeBefore: timeParameter('last_activity_before', input.last_activity_before),
    ...(isOwn ? { memberId: actor.user.id, minLevel: level ?? levels.guest } : {}),
  };
}

/** An id that the database can hold; one beyond it is as good as the largest. */
function safe(id: number | undefined): number | undefined {
  return id === undefined ? undefined : Math.max(Math.min(id, Number.MAX_SAFE_INTEGER), Number.MIN_SAFE_INTEGER);
}

type Listing = Request<unknown, ProjectFilterInput> & { actor: Actor | null };

/** Answers a list of projects: filters, order, offset or keyset pages, and the form that the caller asked for. */
export async function answerProjects(request: Listing, more: Partial<ProjectFilter> = {}): Promise<unknown[]> {
  const { app, actor, input } = request;
  const filter = { ...projectFilterOf(app, actor, input), ...more };
  const rows = input.pagination === 'keyset' ? await keysetPage(request, filter) : await offsetPage(request, filter);
  // Callers who are not signed in get the basic form, as in GitLab.
  return input.simple === true || actor === null ? viewBasicProjects(app, rows) : viewProjects(app, rows, actor);
}

async function offsetPage(request: Listing, filter: ProjectFilter): Promise<Project[]> {
  const { app, input } = request;
  const page = pageOf(input);
  return paginate(request, page, await listProjects(app.db, filter, orderOf(input), page));
}

async function keysetPage(request: Listing, filter: ProjectFilter): Promise<Project[]> {
  const { app, input } = request;
  const { by, direction } = orderOf(input);
  if (by !== 'id') throw new HttpError(405, { error: 'Keyset pagination is not yet available for this type of request' });
  const { perPage, limit } = pageOf(input);
  const rows = await projectsFromCursor(app.db, filter, direction, safe(input.cursor) ?? null, limit);
  const shown = rows.slice(0, perPage);
  keysetLink(request, perPage, rows.length > perPage ? String(shown.at(-1)?.id) : null);
  return shown;
}

/** Ids count up with time, so the order of creation is that of the ids; stars are all alike. */
function orderOf(input: ProjectFilterInput): ProjectOrder {
  const by = input.order_by ?? 'created_at';
  return { by: by === 'created_at' || by === 'star_count' ? 'id' : by, direction: input.sort ?? 'desc' };
}
