import { Type, type Static } from 'typebox';
import { NullableString } from '../http/parameters.ts';
import { isoTime } from '../lib/iso-time.ts';
import type { User } from './user.ts';

/** How a user shows wherever one is named: members, creators of runners, starters of pipelines. */
export const BasicUser = Type.Object(
  {
    id: Type.Integer({ description: 'Id of the user.' }),
    username: Type.String({ description: 'Name in paths and mentions.' }),
    name: Type.String({ description: 'Name for people.' }),
    state: Type.String({ description: '`active` or `blocked`.' }),
    locked: Type.Boolean({ description: 'Whether sign-in is locked after failures.' }),
    avatar_url: NullableString({ description: 'Address of a picture; always null here.' }),
    web_url: Type.String({ description: 'Page of the user.' }),
  },
  { title: 'BasicUser' },
);
export type BasicUser = Static<typeof BasicUser>;

/** A user's page: what everybody signed in may see, and what the jobs of that user show. */
export const UserProfile = Type.Object(
  {
    ...BasicUser.properties,
    created_at: Type.String({ description: 'When the user was made.' }),
    bio: Type.String({ description: 'Always empty.' }),
    location: Type.String({ description: 'Always empty.' }),
    public_email: NullableString({ description: 'Address shown to everybody; always null.' }),
    skype: Type.String({ description: 'Always empty.' }),
    linkedin: Type.String({ description: 'Always empty.' }),
    twitter: Type.String({ description: 'Always empty.' }),
    discord: Type.String({ description: 'Always empty.' }),
    website_url: Type.String({ description: 'Always empty.' }),
    organization: Type.String({ description: 'Always empty.' }),
    job_title: Type.String({ description: 'Always empty.' }),
    pronouns: NullableString({ description: 'Always null.' }),
    bot: Type.Boolean({ description: 'Whether the account belongs to the server itself; always false.' }),
    work_information: NullableString({ description: 'Always null.' }),
    followers: Type.Integer({ description: 'Always 0.' }),
    following: Type.Integer({ description: 'Always 0.' }),
    local_time: NullableString({ description: 'Always null.' }),
  },
  { title: 'UserProfile' },
);
export type UserProfile = Static<typeof UserProfile>;

/** A user as administrators and the user itself see it. */
export const FullUser = Type.Object(
  {
    ...UserProfile.properties,
    email: Type.String({ description: 'Address of the user.' }),
    commit_email: Type.String({ description: 'Address in commits made over the API.' }),
    last_sign_in_at: NullableString({ description: 'Always null: sign-ins are not kept.' }),
    confirmed_at: Type.String({ description: 'When the address was confirmed: at creation.' }),
    last_activity_on: NullableString({ description: 'Always null.' }),
    current_sign_in_at: NullableString({ description: 'Always null.' }),
    theme_id: Type.Integer({ description: 'Always 1.' }),
    color_scheme_id: Type.Integer({ description: 'Always 1.' }),
    projects_limit: Type.Integer({ description: 'Projects that the user may make in the own namespace.' }),
    identities: Type.Array(Type.Unknown(), { description: 'Accounts elsewhere; always empty.' }),
    can_create_group: Type.Boolean({ description: 'Whether the user may make groups.' }),
    can_create_project: Type.Boolean({ description: 'Whether the user may make projects.' }),
    two_factor_enabled: Type.Boolean({ description: 'Always false.' }),
    external: Type.Boolean({ description: 'Whether the user sees only what it is a member of.' }),
    private_profile: Type.Boolean({ description: 'Always false.' }),
    is_admin: Type.Optional(Type.Boolean({ description: 'Whether the user is an administrator; shown to administrators.' })),
    note: Type.Optional(NullableString({ description: 'Always null; shown to administrators.' })),
    created_by: Type.Optional(NullableString({ description: 'Always null; shown to administrators.' })),
  },
  { title: 'FullUser' },
);
export type FullUser = Static<typeof FullUser>;

/** What an external user may not do, everybody else may without limit. */
const projectsLimit = 100_000;

/** User → how it shows wherever one is named. `url` is the external URL without a slash at the end. */
export function presentBasicUser(user: User, url: string): BasicUser {
  return {
    id: user.id,
    username: user.username,
    name: user.name,
    state: user.state,
    locked: false,
    avatar_url: null,
    web_url: `${url}/${user.username}`,
  };
}

/** User → page of the user, which is also the form in jobs. */
export function presentUserProfile(user: User, url: string): UserProfile {
  return {
    ...presentBasicUser(user, url),
    created_at: isoTime(user.createdAt),
    bio: '',
    location: '',
    public_email: null,
    skype: '',
    linkedin: '',
    twitter: '',
    discord: '',
    website_url: '',
    organization: '',
    job_title: '',
    pronouns: null,
    bot: false,
    work_information: null,
    followers: 0,
    following: 0,
    local_time: null,
  };
}

/** User → the form for the user itself, or for administrators, who see more. */
export function presentFullUser(user: User, url: string, forAdmin: boolean): FullUser {
  return {
    ...presentUserProfile(user, url),
    email: user.email,
    commit_email: user.email,
    last_sign_in_at: null,
    confirmed_at: isoTime(user.createdAt),
    last_activity_on: null,
    current_sign_in_at: null,
    theme_id: 1,
    color_scheme_id: 1,
    projects_limit: user.external ? 0 : projectsLimit,
    identities: [],
    can_create_group: !user.external,
    can_create_project: !user.external,
    two_factor_enabled: false,
    external: user.external,
    private_profile: false,
    ...(forAdmin ? { is_admin: user.admin, note: null, created_by: null } : {}),
  };
}

export const UserId = Type.Object({ id: Type.Integer({ description: 'Id of the user.' }) });

/** What administrators can set of a user. */
export const UserParameters = {
  email: Type.Optional(Type.String({ description: 'Address.' })),
  username: Type.Optional(Type.String({ description: 'Name in paths.' })),
  name: Type.Optional(Type.String({ description: 'Name for people.' })),
  password: Type.Optional(Type.String({ description: 'Password, of 8 to 128 characters.' })),
  admin: Type.Optional(Type.Boolean({ description: 'Whether the user is an administrator.' })),
  external: Type.Optional(Type.Boolean({ description: 'Whether the user sees only what it is a member of.' })),
};
