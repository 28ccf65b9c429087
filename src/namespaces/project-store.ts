import type { Selectable } from 'kysely';
import type { ProjectRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { Namespace, Visibility } from './namespace.ts';
import { isId } from './namespace-store.ts';
import type { Project } from './project.ts';

/** Row → project. */
export function toProject(row: Selectable<ProjectRow>): Project {
  return {
    id: row.id,
    namespaceId: row.namespace_id,
    name: row.name,
    path: row.path,
    fullPath: row.full_path,
    description: row.description,
    visibility: row.visibility as Visibility,
    defaultBranch: row.default_branch,
    creatorId: row.creator_id,
    sharedRunnersEnabled: row.shared_runners_enabled === 1,
    groupRunnersEnabled: row.group_runners_enabled === 1,
    jobsEnabled: row.jobs_enabled === 1,
    buildTimeout: row.build_timeout,
    ciConfigPath: row.ci_config_path,
    gitDepth: row.git_depth,
    allowGitFetch: row.allow_git_fetch === 1,
    publicJobs: row.public_jobs === 1,
    archived: row.archived === 1,
    topics: JSON.parse(row.topics) as string[],
    runnerTokenExpirationInterval: row.runner_token_expiration_interval,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastActivityAt: row.last_activity_at,
  };
}

/** The project with this id, or null. */
export async function findProject(db: Db, id: number): Promise<Project | null> {
  if (!Number.isSafeInteger(id)) return null;
  const row = await db.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toProject(row);
}

/** Reads a project for a change that others must not overtake; null when it is gone. */
export async function lockProject(tx: Tx, id: number): Promise<Project | null> {
  const row = await tx.dialect.lockRows(tx.selectFrom('projects').selectAll().where('id', '=', id)).executeTakeFirst();
  return row === undefined ? null : toProject(row);
}

/** Projects by id, for presenters that show many. */
export async function projectsById(db: Db, ids: readonly number[]): Promise<Map<number, Project>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('projects')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, toProject(row)]));
}

/** The project that `idOrPath` names: digits are an id, anything else a full path in any case. */
export async function findProjectByName(db: Db, idOrPath: string): Promise<Project | null> {
  if (/^\d+$/.test(idOrPath)) return isId(idOrPath) ? findProject(db, Number(idOrPath)) : null;
  const row = await db.selectFrom('projects').selectAll().where('path_key', '=', idOrPath.toLowerCase()).executeTakeFirst();
  return row === undefined ? null : toProject(row);
}

/** Settings of a project that can be given when it is made; what is left out has the table's default. */
export interface NewProject {
  namespace: Namespace;
  name: string;
  path: string;
  description: string | null;
  visibility: Visibility;
  defaultBranch: string;
  creatorId: number;
  sharedRunnersEnabled: boolean;
  groupRunnersEnabled: boolean;
  settings?: Partial<ProjectSettings>;
}

export type ProjectSettings = Pick<
  Project,
  'jobsEnabled' | 'buildTimeout' | 'ciConfigPath' | 'gitDepth' | 'allowGitFetch' | 'publicJobs' | 'topics' | 'runnerTokenExpirationInterval'
>;

const defaultSettings: ProjectSettings = {
  jobsEnabled: true,
  buildTimeout: 3600,
  ciConfigPath: null,
  gitDepth: 20,
  allowGitFetch: true,
  publicJobs: true,
  topics: [],
  runnerTokenExpirationInterval: null,
};

function settingColumns(settings: ProjectSettings) {
  return {
    jobs_enabled: settings.jobsEnabled ? 1 : 0,
    build_timeout: settings.buildTimeout,
    ci_config_path: settings.ciConfigPath,
    git_depth: settings.gitDepth,
    allow_git_fetch: settings.allowGitFetch ? 1 : 0,
    public_jobs: settings.publicJobs ? 1 : 0,
    topics: JSON.stringify(settings.topics),
    runner_token_expiration_interval: settings.runnerTokenExpirationInterval,
  };
}

/** Adds a project. A full path that is taken violates a unique index. */
export async function insertProject(tx: Tx, project: NewProject, now: number): Promise<Project> {
  const fullPath = `${project.namespace.fullPath}/${project.path}`;
  const row = await tx
    .insertInto('projects')
    .values({
      namespace_id: project.namespace.id,
      name: project.name,
      path: project.path,
      full_path: fullPath,
      path_key: fullPath.toLowerCase(),
      description: project.description,
      visibility: project.visibility,
      default_branch: project.defaultBranch,
      creator_id: project.creatorId,
      shared_runners_enabled: project.sharedRunnersEnabled ? 1 : 0,
      group_runners_enabled: project.groupRunnersEnabled ? 1 : 0,
      archived: 0,
      ...settingColumns({ ...defaultSettings, ...project.settings }),
      last_pipeline_iid: 0,
      created_at: now,
      updated_at: now,
      last_activity_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toProject(row);
}

/** Writes what can change of a project, in the same namespace. A full path that is taken violates a unique index. */
export async function saveProject(tx: Tx, project: Project, now: number): Promise<Project> {
  const row = await tx
    .updateTable('projects')
    .set({
      name: project.name,
      path: project.path,
      full_path: project.fullPath,
      path_key: project.fullPath.toLowerCase(),
      description: project.description,
      visibility: project.visibility,
      default_branch: project.defaultBranch,
      shared_runners_enabled: project.sharedRunnersEnabled ? 1 : 0,
      group_runners_enabled: project.groupRunnersEnabled ? 1 : 0,
      ...settingColumns(project),
      updated_at: now,
    })
    .where('id', '=', project.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toProject(row);
}
