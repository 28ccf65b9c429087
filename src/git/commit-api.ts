import { Type, type Static } from 'typebox';
import { isoTime } from '../lib/iso-time.ts';
import type { Commit } from './commits.ts';
import type { CommitStats } from './history.ts';
import { commitUrl } from './links.ts';
import { trailersOf } from './trailers.ts';

const Stats = Type.Object({
  additions: Type.Integer({ description: 'Lines added.' }),
  deletions: Type.Integer({ description: 'Lines taken away.' }),
  total: Type.Integer({ description: 'Both together.' }),
});

/** What a commit is called and who made it: the form in jobs. */
export const CommitCore = Type.Object(
  {
    id: Type.String({ description: 'Full id.' }),
    short_id: Type.String({ description: 'First eight digits of the id.' }),
    created_at: Type.String({ description: 'When it was committed.' }),
    parent_ids: Type.Array(Type.String(), { description: 'Ids of its parents.' }),
    title: Type.String({ description: 'First line of the message.' }),
    message: Type.String({ description: 'The whole message.' }),
    author_name: Type.String({ description: 'Name of the author.' }),
    author_email: Type.String({ description: 'Address of the author.' }),
    authored_date: Type.String({ description: 'When it was written.' }),
    committer_name: Type.String({ description: 'Name of the committer.' }),
    committer_email: Type.String({ description: 'Address of the committer.' }),
    committed_date: Type.String({ description: 'When it was committed.' }),
    web_url: Type.String({ description: 'Page of the commit.' }),
  },
  { title: 'CommitCore' },
);
export type CommitCore = Static<typeof CommitCore>;

/** A commit in lists, branches and tags. */
export const CommitReply = Type.Object(
  {
    ...CommitCore.properties,
    trailers: Type.Record(Type.String(), Type.String(), { description: 'Trailers of the message; of several with one key the last.' }),
    extended_trailers: Type.Record(Type.String(), Type.Array(Type.String()), { description: 'All values of each trailer.' }),
    stats: Type.Optional(Stats),
  },
  { title: 'CommitReply' },
);
export type CommitReply = Static<typeof CommitReply>;

/** A single commit. */
export const CommitDetails = Type.Object(
  { ...CommitReply.properties, project_id: Type.Integer({ description: 'Id of the project.' }) },
  { title: 'CommitDetails' },
);
export type CommitDetails = Static<typeof CommitDetails>;

/** A branch or tag that has a commit in its history. */
export const CommitRef = Type.Object({
  type: Type.String({ description: '`branch` or `tag`.' }),
  name: Type.String({ description: 'Name of the branch or tag.' }),
});

/** Commit → form in jobs. `url` is the external URL without a slash at the end. */
export function presentCommitCore(commit: Commit, project: { fullPath: string }, url: string): CommitCore {
  return {
    id: commit.id,
    short_id: commit.shortId,
    created_at: isoTime(commit.committedAt),
    parent_ids: commit.parentIds,
    title: commit.title,
    message: commit.message,
    author_name: commit.authorName,
    author_email: commit.authorEmail,
    authored_date: isoTime(commit.authoredAt),
    committer_name: commit.committerName,
    committer_email: commit.committerEmail,
    committed_date: isoTime(commit.committedAt),
    web_url: commitUrl(url, project, commit.id),
  };
}

/** Commit → form of lists. `stats` are shown when given. */
export function presentCommit(commit: Commit, project: { fullPath: string }, url: string, stats?: CommitStats): CommitReply {
  const trailers = trailersOf(commit.message);
  return {
    ...presentCommitCore(commit, project, url),
    trailers: Object.fromEntries(trailers.map(({ key, value }) => [key, value])),
    extended_trailers: Object.fromEntries(
      [...Map.groupBy(trailers, ({ key }) => key)].map(([key, all]) => [key, all.map(({ value }) => value)]),
    ),
    ...(stats === undefined ? {} : { stats }),
  };
}

/** Commit → form of a single one. */
export function presentCommitDetails(
  commit: Commit,
  project: { id: number; fullPath: string },
  url: string,
  stats?: CommitStats,
): CommitDetails {
  return { ...presentCommit(commit, project, url, stats), project_id: project.id };
}
