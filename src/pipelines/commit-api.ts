import { Type, type Static } from 'typebox';
import type { Commit } from '../git/commits.ts';
import { commitUrl } from '../git/links.ts';
import { isoTime } from '../lib/iso-time.ts';

/** The commit of a job. */
export const JobCommit = Type.Object(
  {
    id: Type.String({ description: 'Full id.' }),
    short_id: Type.String({ description: 'First eight digits of the id.' }),
    title: Type.String({ description: 'First line of the message.' }),
    message: Type.String({ description: 'The whole message.' }),
    created_at: Type.String({ description: 'When it was committed.' }),
    parent_ids: Type.Array(Type.String(), { description: 'Ids of its parents.' }),
    author_name: Type.String({ description: 'Name of the author.' }),
    author_email: Type.String({ description: 'Address of the author.' }),
    authored_date: Type.String({ description: 'When it was written.' }),
    committer_name: Type.String({ description: 'Name of the committer.' }),
    committer_email: Type.String({ description: 'Address of the committer.' }),
    committed_date: Type.String({ description: 'When it was committed.' }),
    web_url: Type.String({ description: 'Page of the commit.' }),
  },
  { title: 'JobCommit' },
);
export type JobCommit = Static<typeof JobCommit>;

/** Commit → form in jobs. `url` is the external URL without a slash at the end. */
export function presentCommit(commit: Commit, project: { fullPath: string }, url: string): JobCommit {
  return {
    id: commit.id,
    short_id: commit.shortId,
    title: commit.title,
    message: commit.message,
    created_at: isoTime(commit.committedAt),
    parent_ids: commit.parentIds,
    author_name: commit.authorName,
    author_email: commit.authorEmail,
    authored_date: isoTime(commit.authoredAt),
    committer_name: commit.committerName,
    committer_email: commit.committerEmail,
    committed_date: isoTime(commit.committedAt),
    web_url: commitUrl(url, project, commit.id),
  };
}
