import { Type, type Static } from 'typebox';
import { NullableString } from '../http/parameters.ts';
import { isoTime } from '../lib/iso-time.ts';
import { isProtected, type ProtectedRef } from '../namespaces/protected-ref.ts';
import { CommitReply, presentCommit } from './commit-api.ts';
import type { Commit } from './commits.ts';
import type { Tag } from './refs.ts';

/** A tag. */
export const TagReply = Type.Object({
  name: Type.String({ description: 'Name of the tag.' }),
  message: NullableString({ description: 'Message of an annotated tag.' }),
  target: Type.String({ description: 'Id of the tag object; of a lightweight tag the commit.' }),
  commit: Type.Union([CommitReply, Type.Null()], { description: 'The commit; null for a tag that stands on something else.' }),
  release: Type.Null({ description: 'Always null: there are no releases.' }),
  protected: Type.Boolean({ description: 'Whether a rule protects it.' }),
  created_at: NullableString({ description: 'When an annotated tag was made.' }),
});
export type TagReply = Static<typeof TagReply>;

/** Tag → form of the API. `rules` are the project's for tags, `url` is the external URL without a slash at the end. */
export function presentTag(
  tag: Tag,
  commit: Commit | null,
  { project, rules, url }: { project: { fullPath: string }; rules: readonly ProtectedRef[]; url: string },
): TagReply {
  const { annotation } = tag;
  return {
    name: tag.name,
    message: annotation === null ? null : annotation.message.replace(/\n$/, ''),
    target: annotation?.oid ?? tag.sha ?? '',
    commit: commit === null ? null : presentCommit(commit, project, url),
    release: null,
    protected: isProtected(rules, tag.name),
    created_at: annotation === null ? null : isoTime(annotation.taggedAt),
  };
}
