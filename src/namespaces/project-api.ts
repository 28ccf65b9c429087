import { Type, type Static } from 'typebox';
import { NullableString, OneOf } from '../http/parameters.ts';
import { isoTime } from '../lib/iso-time.ts';
import { cloneUrl, projectUrl, sshCloneUrl } from './links.ts';
import { BasicNamespace, presentNamespace } from './namespace-api.ts';
import { visibilities, type Namespace } from './namespace.ts';
import type { Project } from './project.ts';

/** What a project is called: the form in jobs and in the details of runners. */
export const ProjectIdentity = Type.Object(
  {
    id: Type.Integer({ description: 'Id of the project.' }),
    description: NullableString({ description: 'Description.' }),
    name: Type.String({ description: 'Name for people.' }),
    name_with_namespace: Type.String({ description: 'Names from the root group down.' }),
    path: Type.String({ description: 'Last part of the full path.' }),
    path_with_namespace: Type.String({ description: 'Paths from the root group down.' }),
    created_at: Type.String({ description: 'When the project was made.' }),
  },
  { title: 'ProjectIdentity' },
);
export type ProjectIdentity = Static<typeof ProjectIdentity>;

/** A project in lists (`simple=true`) and wherever one is named. */
export const BasicProject = Type.Object(
  {
    ...ProjectIdentity.properties,
    default_branch: NullableString({ description: 'Default branch; null while the repository is empty.' }),
    tag_list: Type.Array(Type.String(), { description: 'The older name of `topics`.' }),
    topics: Type.Array(Type.String(), { description: 'Topics.' }),
    ssh_url_to_repo: Type.String({ description: 'Address of the repository in the SSH form; this server itself serves HTTP.' }),
    http_url_to_repo: Type.String({ description: 'Address for `git clone`.' }),
    web_url: Type.String({ description: 'Page of the project.' }),
    readme_url: NullableString({ description: 'Always null: there are no pages of files.' }),
    forks_count: Type.Integer({ description: 'Always 0.' }),
    avatar_url: NullableString({ description: 'Address of a picture; always null.' }),
    star_count: Type.Integer({ description: 'Always 0.' }),
    last_activity_at: Type.String({ description: 'When something last happened in the project.' }),
    visibility: OneOf(visibilities, { description: 'Who may see the project.' }),
    namespace: BasicNamespace,
  },
  { title: 'BasicProject' },
);
export type BasicProject = Static<typeof BasicProject>;

/** What only the repository knows of a project. */
export interface RepositoryFacts {
  /** Without any commit. */
  empty: boolean;
  /** The branch that HEAD names. */
  defaultBranch: string;
}

/** Project → its names. */
export function presentProjectIdentity(project: Project, namespace: Namespace): ProjectIdentity {
  return {
    id: project.id,
    description: project.description,
    name: project.name,
    name_with_namespace: `${namespace.fullName} / ${project.name}`,
    path: project.path,
    path_with_namespace: project.fullPath,
    created_at: isoTime(project.createdAt),
  };
}

/**
 * Project → basic form. `namespace` is the project's own, `url` the external URL without a slash at the end. Without the
 * facts of the repository the default branch is the one in the project's settings.
 */
export function presentBasicProject(project: Project, namespace: Namespace, url: string, repository?: RepositoryFacts): BasicProject {
  return {
    ...presentProjectIdentity(project, namespace),
    default_branch: repository?.empty === true ? null : project.defaultBranch,
    tag_list: project.topics,
    topics: project.topics,
    ssh_url_to_repo: sshCloneUrl(url, project),
    http_url_to_repo: cloneUrl(url, project),
    web_url: projectUrl(url, project),
    readme_url: null,
    forks_count: 0,
    avatar_url: null,
    star_count: 0,
    last_activity_at: isoTime(project.lastActivityAt),
    visibility: project.visibility,
    namespace: presentNamespace(namespace, url),
  };
}
