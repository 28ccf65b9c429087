import { Type, type Static } from 'typebox';
import { NullableInteger, NullableString, OneOf } from '../http/parameters.ts';
import { isoTime } from '../lib/iso-time.ts';
import { groupUrl } from './links.ts';
import { sharedRunnersSettings, visibilities, type Namespace } from './namespace.ts';
import { ProjectDetails } from './project-details-api.ts';

/** A group where only its name is needed, as in the details of a runner. */
export const GroupLink = Type.Object(
  {
    id: Type.Integer({ description: 'Id of the group.' }),
    web_url: Type.String({ description: 'Page of the group.' }),
    name: Type.String({ description: 'Name for people.' }),
  },
  { title: 'GroupLink' },
);
export type GroupLink = Static<typeof GroupLink>;

/** A group as it shows in lists. */
export const BasicGroup = Type.Object(
  {
    ...GroupLink.properties,
    path: Type.String({ description: 'Last part of the full path.' }),
    description: Type.String({ description: 'Description, or an empty text.' }),
    visibility: OneOf(visibilities, { description: 'Who may see the group.' }),
    full_name: Type.String({ description: 'Names from the root group down.' }),
    full_path: Type.String({ description: 'Paths from the root group down.' }),
    parent_id: NullableInteger({ description: 'Id of the group above; null for a root group.' }),
    created_at: Type.String({ description: 'When the group was made.' }),
    avatar_url: NullableString({ description: 'Address of a picture; always null.' }),
    share_with_group_lock: Type.Boolean({ description: 'Always false.' }),
    require_two_factor_authentication: Type.Boolean({ description: 'Always false.' }),
    two_factor_grace_period: Type.Integer({ description: 'Hours; always 48.' }),
    project_creation_level: Type.String({ description: 'Lowest role that may make projects; always `developer`.' }),
    subgroup_creation_level: Type.String({ description: 'Lowest role that may make subgroups; always `maintainer`.' }),
    auto_devops_enabled: Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], description: 'Always null.' }),
    emails_disabled: Type.Boolean({ description: 'Always false.' }),
    emails_enabled: Type.Boolean({ description: 'Always true.' }),
    mentions_disabled: Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], description: 'Always null.' }),
    lfs_enabled: Type.Boolean({ description: 'Always false.' }),
    default_branch: NullableString({ description: 'Always null: the setting of the server counts.' }),
    default_branch_protection: Type.Integer({ description: 'Always 2: default branches are protected.' }),
    request_access_enabled: Type.Boolean({ description: 'Always false.' }),
    shared_runners_setting: OneOf(sharedRunnersSettings, { description: 'Whether instance runners may serve the projects below.' }),
    organization_id: Type.Integer({ description: 'Always 1.' }),
  },
  { title: 'BasicGroup' },
);
export type BasicGroup = Static<typeof BasicGroup>;

/** A single group. */
export const GroupDetails = Type.Object(
  {
    ...BasicGroup.properties,
    runners_token: Type.Optional(Type.String({ description: 'Registration token of the group; shown to its owners.' })),
    shared_with_groups: Type.Array(Type.Unknown(), { description: 'Always empty.' }),
    projects: Type.Array(ProjectDetails, { description: 'Projects directly in the group that the caller may see, at most 100.' }),
    shared_projects: Type.Array(Type.Unknown(), { description: 'Always empty.' }),
  },
  { title: 'GroupDetails' },
);
export type GroupDetails = Static<typeof GroupDetails>;

/** Group → its name and page. */
export function presentGroupLink(group: Namespace, url: string): GroupLink {
  return { id: group.id, web_url: groupUrl(url, group), name: group.name };
}

/** Group → its form in lists. */
export function presentBasicGroup(group: Namespace, url: string): BasicGroup {
  return {
    ...presentGroupLink(group, url),
    path: group.path,
    description: group.description,
    visibility: group.visibility,
    full_name: group.fullName,
    full_path: group.fullPath,
    parent_id: group.parentId,
    created_at: isoTime(group.createdAt),
    avatar_url: null,
    share_with_group_lock: false,
    require_two_factor_authentication: false,
    two_factor_grace_period: 48,
    project_creation_level: 'developer',
    subgroup_creation_level: 'maintainer',
    auto_devops_enabled: null,
    emails_disabled: false,
    emails_enabled: true,
    mentions_disabled: null,
    lfs_enabled: false,
    default_branch: null,
    default_branch_protection: 2,
    request_access_enabled: false,
    shared_runners_setting: group.sharedRunnersSetting,
    organization_id: 1,
  };
}

/** Group → its own page; `runnersToken` is null for callers who may not administer it (runners API A.5). */
export function presentGroupDetails(
  group: Namespace,
  more: { runnersToken: string | null; projects: ProjectDetails[] },
  url: string,
): GroupDetails {
  return {
    ...presentBasicGroup(group, url),
    ...(more.runnersToken === null ? {} : { runners_token: more.runnersToken }),
    shared_with_groups: [],
    projects: more.projects,
    shared_projects: [],
  };
}
