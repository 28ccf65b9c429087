import { notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import type { Project } from '../namespaces/project.ts';
import { protectedRefsOf } from '../namespaces/protected-ref-store.ts';
import { readCommit } from './commits.ts';
import { tags, type Tag } from './refs.ts';
import type { Repository } from './repository.ts';
import { presentTag, type TagReply } from './tag-api.ts';

/** Tags in the form of the API. */
export async function viewTags(app: App, project: Project, repository: Repository, found: readonly Tag[]): Promise<TagReply[]> {
  const rules = await protectedRefsOf(app.db, project.id, 'tag');
  const commits = await Promise.all(found.map(async ({ sha }) => (sha === null ? null : readCommit(repository, sha))));
  return found.map((tag, index) => presentTag(tag, commits[index] ?? null, { project, rules, url: app.url }));
}

/** The tag with exactly this name. Throws 404 when there is none. */
export async function findTag(repository: Repository, name: string): Promise<Tag> {
  const found = (await tags(repository)).find((tag) => tag.name === name);
  if (found === undefined) throw notFound('Tag');
  return found;
}

/** One tag in the form of the API. */
export async function viewTag(app: App, project: Project, repository: Repository, tag: Tag): Promise<TagReply> {
  const [shown] = await viewTags(app, project, repository, [tag]);
  if (shown === undefined) throw notFound('Tag');
  return shown;
}
