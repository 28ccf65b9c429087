import { Type, type Static } from 'typebox';
import { memberLevels } from '../access/role.ts';
import { BasicUser, presentBasicUser } from '../access/user-api.ts';
import type { User } from '../access/user.ts';
import { NullableString } from '../http/parameters.ts';
import { isoTime } from '../lib/iso-time.ts';
import type { Member } from './member-list-store.ts';

/** A member of a group or project; `id` is the user's. */
export const MemberReply = Type.Object(
  {
    ...BasicUser.properties,
    access_level: Type.Integer({ description: '5, 10 guest, 20 reporter, 30 developer, 40 maintainer or 50 owner.' }),
    created_at: Type.String({ description: 'When the user became a member.' }),
    created_by: Type.Optional(BasicUser),
    expires_at: NullableString({ description: 'Day from whose start the membership is over, or null.' }),
    membership_state: Type.String({ description: 'Always `active`.' }),
  },
  { title: 'MemberReply' },
);
export type MemberReply = Static<typeof MemberReply>;

/** Member → JSON. `creators` are the users who made members, by id; those that are gone are left out. */
export function presentMember(member: Member, creators: ReadonlyMap<number, User>, url: string): MemberReply {
  const creator = member.createdBy === null ? undefined : creators.get(member.createdBy);
  return {
    ...presentBasicUser(member.user, url),
    access_level: member.accessLevel,
    created_at: isoTime(member.createdAt),
    ...(creator === undefined ? {} : { created_by: presentBasicUser(creator, url) }),
    expires_at: member.expiresAt,
    membership_state: 'active',
  };
}

/** `:id` of a group or project, and a user. */
export const MemberOf = Type.Object({
  id: Type.String({ description: 'Id or URL-encoded path.' }),
  user_id: Type.Integer({ description: 'Id of the user.' }),
});

/** Levels as a set of integers: another one gives GitLab's `does not have a valid value`. */
export const AccessLevel = Type.Unsafe<number>({
  type: 'integer',
  enum: [...memberLevels],
  description: '5, 10 guest, 20 reporter, 30 developer, 40 maintainer or 50 owner.',
});

export const NewMemberParameters = Type.Object({
  user_id: Type.Optional(Type.Integer({ description: 'Id of the user; or give `username`.' })),
  username: Type.Optional(Type.String({ description: 'Name of the user.' })),
  access_level: AccessLevel,
  expires_at: Type.Optional(NullableString({ description: 'Day from whose start the membership is over.' })),
});

export const MemberChange = Type.Object({
  access_level: AccessLevel,
  expires_at: Type.Optional(NullableString({ description: 'Day from whose start the membership is over; empty for none.' })),
});

export const MemberFilters = {
  query: Type.Optional(Type.String({ description: 'Part of the name or username.' })),
  user_ids: Type.Optional(Type.Unsafe<number[]>({ type: 'array', items: { type: 'integer' }, description: 'Only these users.' })),
};
