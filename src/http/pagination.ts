import { Type } from 'typebox';
import { badParameter } from './errors.ts';
import type { ReplyControl } from './route.ts';

export const PageParameters = {
  page: Type.Optional(Type.Integer({ description: 'Number of the page, from 1; below it the first one.', default: 1 })),
  per_page: Type.Optional(Type.Integer({ description: 'Rows of a page, at most 100.', minimum: 1, default: 20 })),
};

const mostPerPage = 100;
/** Above this many rows GitLab leaves the totals out, and so do we where counting would cost (runners API R19). */
export const countedRows = 10_000;

export interface Page {
  page: number;
  perPage: number;
  offset: number;
  /** Rows to read: one more than the page has, which tells whether there is a next one. */
  limit: number;
}

/** The page that a request asks for; `page` below 1 is 1, `per_page` above 100 is 100. */
export function pageOf(input: { page?: number; per_page?: number }): Page {
  const page = Math.max(1, input.page ?? 1);
  const perPage = Math.min(input.per_page ?? 20, mostPerPage);
  const offset = (page - 1) * perPage;
  if (!Number.isSafeInteger(offset)) throw badParameter('page has a value not allowed');
  return { page, perPage, offset, limit: perPage + 1 };
}

/** Rows of one page, and how many there are in all; null: not counted. */
export interface Rows<T> {
  /** Up to `Page.limit` rows. */
  rows: T[];
  total: number | null;
}

interface Requested {
  url: string;
  /** Absolute base of links, without a slash at the end. */
  baseUrl: string;
  reply: ReplyControl;
}

/**
 * Sets the pagination headers (`X-Total`, `X-Total-Pages`, `X-Page`, `X-Per-Page`, `X-Next-Page`, `X-Prev-Page`, `Link`;
 * runners API A.7) and gives back the rows of the page. Totals above 10,000 are left out unless `alwaysTotal`.
 */
export function paginate<T>(request: Requested, page: Page, { rows, total }: Rows<T>, alwaysTotal = false): T[] {
  const hasNext = rows.length > page.perPage;
  const { reply } = request;
  const shownTotal = total !== null && (alwaysTotal || total <= countedRows) ? total : null;
  const pages = shownTotal === null ? null : Math.max(1, Math.ceil(shownTotal / page.perPage));
  reply.header('X-Page', String(page.page));
  reply.header('X-Per-Page', String(page.perPage));
  reply.header('X-Next-Page', hasNext ? String(page.page + 1) : '');
  reply.header('X-Prev-Page', page.page > 1 ? String(page.page - 1) : '');
  if (shownTotal !== null && pages !== null) {
    reply.header('X-Total', String(shownTotal));
    reply.header('X-Total-Pages', String(pages));
  }
  const links: string[] = [];
  if (page.page > 1) links.push(link(request, 'prev', { page: page.page - 1, per_page: page.perPage }));
  if (hasNext) links.push(link(request, 'next', { page: page.page + 1, per_page: page.perPage }));
  links.push(link(request, 'first', { page: 1, per_page: page.perPage }));
  if (pages !== null) links.push(link(request, 'last', { page: pages, per_page: page.perPage }));
  reply.header('Link', links.join(', '));
  return rows.slice(0, page.perPage);
}

/** Sets the `Link` header of keyset pagination: only `next`, with the cursor of the last row. */
export function keysetLink(request: Requested, perPage: number, cursor: string | null): void {
  if (cursor !== null) request.reply.header('Link', link(request, 'next', { cursor, per_page: perPage }));
}

/** URLs repeat all parameters of the request, since clients take their filters from the link. */
function link({ url, baseUrl }: Requested, relation: string, changes: Record<string, string | number>): string {
  const [path = '', query = ''] = url.split('?', 2);
  const search = new URLSearchParams(query);
  search.delete('private_token');
  for (const [key, value] of Object.entries(changes)) search.set(key, String(value));
  return `<${baseUrl}${path}?${search.toString()}>; rel="${relation}"`;
}
