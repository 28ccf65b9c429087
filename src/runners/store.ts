import { sql, type Selectable } from 'kysely';
import type { RunnerRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import type { AccessLevel, Runner, RunnerType } from './runner.ts';
import { tagSetId } from './tag-sets.ts';

/** Row → runner. */
export function toRunner(row: Selectable<RunnerRow>): Runner {
  return {
    id: row.id,
    type: row.type as RunnerType,
    description: row.description,
    maintenanceNote: row.maintenance_note,
    tokenExpiresAt: row.token_expires_at,
    active: row.active === 1,
    locked: row.locked === 1,
    runUntagged: row.run_untagged === 1,
    accessLevel: row.access_level as AccessLevel,
    maximumTimeout: row.maximum_timeout,
    tags: JSON.parse(row.tags) as string[],
    tagSetId: row.tag_set_id,
    name: row.name,
    version: row.version,
    revision: row.revision,
    platform: row.platform,
    architecture: row.architecture,
    ipAddress: row.ip_address,
    contactedAt: row.contacted_at,
    ownerProjectId: row.owner_project_id,
    creatorId: row.creator_id,
    registrationType: row.registration_type as Runner['registrationType'],
    creationState: row.creation_state as Runner['creationState'],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The runner with this id, or null. */
export async function findRunner(db: Db, id: number): Promise<Runner | null> {
  const row = await db.selectFrom('runners').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toRunner(row);
}

/** The runner with this authentication token, or null; one whose token has expired is found too. */
export async function findRunnerByToken(db: Db, secrets: SecretBox, token: string): Promise<Runner | null> {
  const row = await db.selectFrom('runners').selectAll().where('token_digest', '=', secrets.digest(token)).executeTakeFirst();
  return row === undefined ? null : toRunner(row);
}

/** A runner's authentication token. */
export async function tokenOf(db: Db, secrets: SecretBox, runnerId: number): Promise<string> {
  const row = await db.selectFrom('runners').select('sealed_token').where('id', '=', runnerId).executeTakeFirstOrThrow();
  return secrets.open(row.sealed_token);
}

/** What an agent says of itself, as far as it is kept with its runner. */
export interface RunnerAgent {
  name: string | null;
  version: string | null;
  revision: string | null;
  platform: string | null;
  architecture: string | null;
}

/** What is settled about a runner when it is made. */
export interface NewRunner {
  type: RunnerType;
  /** The group of a group runner. */
  groupId: number | null;
  /** The project of a project runner. */
  projectId: number | null;
  description: string | null;
  maintenanceNote: string | null;
  active: boolean;
  locked: boolean;
  runUntagged: boolean;
  accessLevel: AccessLevel;
  maximumTimeout: number | null;
  tags: readonly string[];
  /** What the agent said of itself when it registered. */
  agent: RunnerAgent;
  ipAddress: string | null;
  creatorId: number | null;
  registrationType: Runner['registrationType'];
  tokenExpiresAt: number | null;
}

/** Adds a runner with its tags and its group or project. */
export async function insertRunner(tx: Tx, secrets: SecretBox, runner: NewRunner, token: string, now: number): Promise<Runner> {
  const row = await tx
    .insertInto('runners')
    .values({
      type: runner.type,
      description: runner.description,
      maintenance_note: runner.maintenanceNote,
      sealed_token: secrets.seal(token),
      token_digest: secrets.digest(token),
      token_expires_at: runner.tokenExpiresAt,
      active: runner.active ? 1 : 0,
      paused_by: runner.active ? null : runner.creatorId,
      paused_at: runner.active ? null : now,
      locked: runner.locked ? 1 : 0,
      run_untagged: runner.runUntagged ? 1 : 0,
      access_level: runner.accessLevel,
      maximum_timeout: runner.maximumTimeout,
      tags: JSON.stringify(runner.tags),
      tag_set_id: await tagSetId(tx, runner.tags),
      ...runner.agent,
      ip_address: runner.ipAddress,
      owner_project_id: runner.projectId,
      creator_id: runner.creatorId,
      registration_type: runner.registrationType,
      creation_state: runner.registrationType === 'authenticated_user' ? 'started' : 'finished',
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  if (runner.groupId !== null) await tx.insertInto('runner_groups').values({ runner_id: row.id, group_id: runner.groupId }).execute();
  if (runner.projectId !== null) await assignProject(tx, row.id, runner.projectId, now);
  return toRunner(row);
}

/** What may be changed of a runner; what is left out stays. */
export interface RunnerChanges {
  description?: string | null;
  maintenanceNote?: string | null;
  active?: boolean;
  /** Who pauses it, when `active` is false. */
  pausedBy?: number;
  locked?: boolean;
  runUntagged?: boolean;
  accessLevel?: AccessLevel;
  maximumTimeout?: number | null;
  tags?: readonly string[];
}

/** The runner with this id, which nobody else changes before the transaction ends; null for none. */
export async function lockRunner(tx: Tx, id: number): Promise<Runner | null> {
  const row = await tx.dialect.lockRows(tx.selectFrom('runners').selectAll().where('id', '=', id)).executeTakeFirst();
  return row === undefined ? null : toRunner(row);
}

/** Time of a change, always later than that of the change before: agents are told of it by this value (runner protocol 4.3). */
const changedAt = (now: number) => sql<number>`case when updated_at < ${now} then ${now} else updated_at + 1 end`;

/** Who paused it and when: a second pause says nothing new. In an update, the columns still have their values of before. */
function pauseOf(active: boolean, userId: number | null, now: number) {
  if (active) return { paused_by: null, paused_at: null };
  return {
    paused_by: sql<number | null>`case when active = 1 then cast(${userId} as bigint) else paused_by end`,
    paused_at: sql<number | null>`case when active = 1 then cast(${now} as bigint) else paused_at end`,
  };
}

/** Changes a runner and gives it back as it is then; null when it is gone. */
export async function updateRunner(tx: Tx, id: number, changes: RunnerChanges, now: number): Promise<Runner | null> {
  const { active, locked, runUntagged, tags } = changes;
  const row = await tx
    .updateTable('runners')
    .set({
      updated_at: changedAt(now),
      description: changes.description,
      maintenance_note: changes.maintenanceNote,
      active: active === undefined ? undefined : Number(active),
      ...(active === undefined ? {} : pauseOf(active, changes.pausedBy ?? null, now)),
      locked: locked === undefined ? undefined : Number(locked),
      run_untagged: runUntagged === undefined ? undefined : Number(runUntagged),
      access_level: changes.accessLevel,
      maximum_timeout: changes.maximumTimeout,
      ...(tags === undefined ? {} : { tags: JSON.stringify(tags), tag_set_id: await tagSetId(tx, tags) }),
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : toRunner(row);
}

/** Gives a runner another token; the one before is dead at once. False when the runner is gone. */
export async function setToken(
  tx: Tx,
  secrets: SecretBox,
  id: number,
  token: string,
  expiresAt: number | null,
  now: number,
): Promise<boolean> {
  const row = await tx
    .updateTable('runners')
    .set({
      sealed_token: secrets.seal(token),
      token_digest: secrets.digest(token),
      token_expires_at: expiresAt,
      updated_at: changedAt(now),
    })
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Removes runners with everything of theirs; finished jobs stay. */
export async function deleteRunners(tx: Tx, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const among = (column: string) => tx.dialect.isOneOf(sql.ref(column), ids);
  // The runners first: a contact that is being noted holds their row, and leaves its manager before the managers are removed.
  await tx.deleteFrom('runners').where(among('id')).execute();
  await tx.deleteFrom('runner_managers').where(among('runner_id')).execute();
  await tx.deleteFrom('runner_projects').where(among('runner_id')).execute();
  await tx.deleteFrom('runner_groups').where(among('runner_id')).execute();
}

/** Assigns a runner to a project; a second time violates a unique index. */
export async function assignProject(tx: Tx, runnerId: number, projectId: number, now: number): Promise<void> {
  await tx.insertInto('runner_projects').values({ runner_id: runnerId, project_id: projectId, created_at: now }).execute();
}
