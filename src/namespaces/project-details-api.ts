import { Type, type Static } from 'typebox';
import { BasicUser, presentBasicUser } from '../access/user-api.ts';
import type { User } from '../access/user.ts';
import { NullableInteger, NullableString } from '../http/parameters.ts';
import type { Namespace } from './namespace.ts';
import { BasicProject, presentBasicProject, type RepositoryFacts } from './project-api.ts';
import type { Project } from './project.ts';

const Access = Type.Unsafe<{ access_level: number; notification_level: number } | null>({
  type: ['object', 'null'],
  properties: { access_level: { type: 'integer' }, notification_level: { type: 'integer' } },
  description: 'The membership through which the caller has access, or null.',
});

/** Parts of GitLab that this server does not have; clients read the fields after create, so they are sent with what is true here. */
const absent = {
  container_registry_enabled: false,
  issues_enabled: false,
  merge_requests_enabled: false,
  wiki_enabled: false,
  snippets_enabled: false,
  packages_enabled: false,
  service_desk_enabled: false,
  lfs_enabled: false,
  request_access_enabled: false,
  can_create_merge_request_in: false,
  resolve_outdated_diff_discussions: false,
  only_allow_merge_if_pipeline_succeeds: false,
  only_allow_merge_if_all_discussions_are_resolved: false,
  allow_merge_on_skipped_pipeline: false,
  remove_source_branch_after_merge: false,
  printing_merge_request_link_enabled: false,
  autoclose_referenced_issues: false,
  auto_devops_enabled: false,
  emails_disabled: true,
  emails_enabled: false,
  mirror: false,
  restrict_user_defined_variables: false,
  ci_forward_deployment_enabled: false,
  ci_separated_caches: true,
  ci_job_token_scope_enabled: false,
  keep_latest_artifact: true,
  issues_access_level: 'disabled',
  merge_requests_access_level: 'disabled',
  forking_access_level: 'disabled',
  wiki_access_level: 'disabled',
  snippets_access_level: 'disabled',
  pages_access_level: 'disabled',
  analytics_access_level: 'disabled',
  container_registry_access_level: 'disabled',
  security_and_compliance_access_level: 'disabled',
  releases_access_level: 'disabled',
  environments_access_level: 'disabled',
  feature_flags_access_level: 'disabled',
  infrastructure_access_level: 'disabled',
  monitor_access_level: 'disabled',
  model_experiments_access_level: 'disabled',
  model_registry_access_level: 'disabled',
  requirements_access_level: 'disabled',
  repository_access_level: 'enabled',
  merge_method: 'merge',
  squash_option: 'default_off',
  auto_cancel_pending_pipelines: 'enabled',
  auto_devops_deploy_strategy: 'continuous',
  repository_storage: 'default',
  import_status: 'none',
} as const;

const absentFields = Object.fromEntries(
  Object.entries(absent).map(([name, value]) => [
    name,
    typeof value === 'boolean' ? Type.Boolean({ description: `Always ${value}.` }) : Type.String({ description: `Always \`${value}\`.` }),
  ]),
);

/** A single project, and a project in lists for those who are signed in. */
export const ProjectDetails = Type.Object(
  {
    ...BasicProject.properties,
    archived: Type.Boolean({ description: 'Whether the project is read-only.' }),
    empty_repo: Type.Boolean({ description: 'Whether the repository has no commit yet.' }),
    creator_id: Type.Integer({ description: 'Id of the user who made the project.' }),
    owner: Type.Optional(BasicUser),
    updated_at: Type.String({ description: 'When a setting last changed.' }),
    jobs_enabled: Type.Boolean({ description: 'Whether there are pipelines.' }),
    builds_access_level: Type.String({ description: '`enabled`, or `disabled` without pipelines.' }),
    shared_runners_enabled: Type.Boolean({ description: 'Whether instance runners may take jobs.' }),
    group_runners_enabled: Type.Boolean({ description: 'Whether runners of the groups above may take jobs.' }),
    build_timeout: Type.Integer({ description: 'Seconds that a job without a timeout of its own gets.' }),
    build_git_strategy: Type.String({ description: '`fetch` or `clone`.' }),
    ci_default_git_depth: NullableInteger({ description: 'Commits that a job fetches; 0 for all.' }),
    ci_config_path: NullableString({ description: 'Path of the configuration; null: `.gitlab-ci.yml`.' }),
    public_jobs: Type.Boolean({ description: 'Whether jobs can be read without membership.' }),
    runners_token: Type.Optional(Type.String({ description: 'Registration token of the project; shown to its maintainers.' })),
    runner_token_expiration_interval: NullableInteger({ description: 'Seconds after which tokens of new runners expire, or null.' }),
    open_issues_count: Type.Integer({ description: 'Always 0.' }),
    suggestion_commit_message: NullableString({ description: 'Always null.' }),
    import_url: NullableString({ description: 'Always null.' }),
    import_type: NullableString({ description: 'Always null.' }),
    import_error: NullableString({ description: 'Always null.' }),
    shared_with_groups: Type.Array(Type.Unknown(), { description: 'Always empty.' }),
    compliance_frameworks: Type.Array(Type.String(), { description: 'Always empty.' }),
    permissions: Type.Optional(Type.Object({ project_access: Access, group_access: Access }, { description: 'Standing of the caller.' })),
    _links: Type.Record(Type.String(), Type.String(), { description: 'Addresses of the API below the project.' }),
    ...absentFields,
  },
  { title: 'ProjectDetails' },
);
export type ProjectDetails = Static<typeof ProjectDetails>;

/** What the details of a project show beside the project itself. */
export interface ProjectView {
  project: Project;
  /** The namespace of the project. */
  namespace: Namespace;
  repository: RepositoryFacts;
  /** User of the namespace, where it is a user's own. */
  owner: User | null;
  /** Memberships of the caller; null for one who is not signed in. */
  access: { project: number | null; group: number | null } | null;
  /** Null for callers who may not administer the project (runners API A.5). */
  runnersToken: string | null;
}

/** Project → full form; `url` is the external URL without a slash at the end. */
export function presentProject(view: ProjectView, url: string): ProjectDetails {
  const { project, namespace, owner, access, repository, runnersToken } = view;
  const self = `${url}/api/v4/projects/${project.id}`;
  return {
    ...presentBasicProject(project, namespace, url, repository),
    archived: project.archived,
    empty_repo: repository.empty,
    creator_id: project.creatorId,
    ...(owner === null ? {} : { owner: presentBasicUser(owner, url) }),
    updated_at: new Date(project.updatedAt).toISOString(),
    jobs_enabled: project.jobsEnabled,
    builds_access_level: project.jobsEnabled ? 'enabled' : 'disabled',
    shared_runners_enabled: project.sharedRunnersEnabled,
    group_runners_enabled: project.groupRunnersEnabled,
    build_timeout: project.buildTimeout,
    build_git_strategy: project.allowGitFetch ? 'fetch' : 'clone',
    ci_default_git_depth: project.gitDepth,
    ci_config_path: project.ciConfigPath,
    public_jobs: project.publicJobs,
    ...(runnersToken === null ? {} : { runners_token: runnersToken }),
    runner_token_expiration_interval: project.runnerTokenExpirationInterval,
    open_issues_count: 0,
    suggestion_commit_message: null,
    import_url: null,
    import_type: null,
    import_error: null,
    shared_with_groups: [],
    compliance_frameworks: [],
    ...(access === null ? {} : { permissions: { project_access: membership(access.project), group_access: membership(access.group) } }),
    _links: { self, repo_branches: `${self}/repository/branches`, members: `${self}/members` },
    ...absent,
  };
}

/** GitLab tells the notification level with the membership; 3 means the user's own choice for all. */
function membership(level: number | null): { access_level: number; notification_level: number } | null {
  return level === null ? null : { access_level: level, notification_level: 3 };
}
