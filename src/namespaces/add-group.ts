import { can } from '../access/can.ts';
import { levels } from '../access/role.ts';
import type { Actor } from '../access/user.ts';
import type { Tx } from '../db/tx.ts';
import { forbidden, invalid, notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { failedToSave, groupProblems, type Problems } from './group-input.ts';
import { insertMember } from './member-store.ts';
import { isGroup, isVisibleIn, type Group, type Namespace, type SharedRunnersSetting, type Visibility } from './namespace.ts';
import { findNamespace, insertNamespace, saveNamespace } from './namespace-store.ts';
import { groupFacts } from './subjects.ts';
import { deepestGroup, depthOf, isGroupNameTaken, isPathTaken, lockNamespace } from './tree-store.ts';

export interface NewGroupInput {
  name: string;
  path: string;
  description?: string;
  visibility?: Visibility;
  parent_id?: number | null;
  shared_runners_setting?: SharedRunnersSetting;
}

/**
 * Makes a group, which the caller owns. Throws 404 for a parent that the caller cannot see, 403 without the right to make
 * groups there, and 400 with what is wrong with the input, in one sentence.
 */
export async function addGroup(app: App, actor: Actor, input: NewGroupInput): Promise<Group> {
  const parentId = input.parent_id ?? null;
  if (parentId !== null) await checkParent(app, actor, parentId);
  else if (!can(actor, 'group.create', { level: 0 })) throw forbidden();
  refuse(groupProblems(input, parentId === null));
  const now = app.clock.now();
  try {
    return await app.write(async (tx) => {
      const parent = parentId === null ? null : await lockNamespace(tx, parentId);
      if (parentId !== null && parent === null) throw notFound('Group');
      const visibility = input.visibility ?? 'private';
      refuse(await problemsIn(tx, parent, { ...input, visibility }));
      const made = await insertNamespace(
        tx,
        { kind: 'group', name: input.name, path: input.path, parent, ownerId: null, description: input.description ?? '', visibility },
        now,
      );
      const setting = input.shared_runners_setting ?? made.sharedRunnersSetting;
      const group = setting === made.sharedRunnersSetting ? made : await saveNamespace(tx, { ...made, sharedRunnersSetting: setting }, now);
      const owner = { userId: actor.user.id, accessLevel: levels.owner, expiresAt: null, createdBy: actor.user.id };
      await insertMember(tx, { source: 'group', sourceId: group.id, ...owner }, now);
      if (!isGroup(group)) throw new Error(`namespace ${group.id} is no group`);
      return group;
    });
  } catch (error) {
    throw app.db.dialect.isDuplicate(error) ? invalid(failedToSave({ path: ['has already been taken'] })) : error;
  }
}

async function checkParent(app: App, actor: Actor, id: number): Promise<void> {
  const parent = await findNamespace(app.db, id);
  if (parent === null || !isGroup(parent)) throw notFound('Group');
  const facts = await groupFacts(app, parent, actor);
  if (!can(actor, 'group.read', facts)) throw notFound('Group');
  if (!can(actor, 'group.createSubgroup', facts)) throw forbidden();
}

async function problemsIn(tx: Tx, parent: Namespace | null, input: NewGroupInput & { visibility: Visibility }): Promise<Problems> {
  const problems: Problems = {};
  const fullPath = parent === null ? input.path : `${parent.fullPath}/${input.path}`;
  if (await isPathTaken(tx, fullPath)) problems['path'] = ['has already been taken'];
  if (parent === null) return problems;
  if (await isGroupNameTaken(tx, parent.id, input.name)) problems['name'] = ['has already been taken'];
  if (!isVisibleIn(input.visibility, parent)) problems['visibility_level'] = [tooVisible(input.visibility, parent.visibility)];
  if ((await depthOf(tx, parent.id)) >= deepestGroup) problems['parent_id'] = ['has too deep level of nesting'];
  const setting = input.shared_runners_setting ?? parent.sharedRunnersSetting;
  if (!isAllowedBelow(setting, parent.sharedRunnersSetting)) problems['shared_runners_enabled'] = [sharedRunnersRule];
  return problems;
}

/** Whether a group may have this setting below a group with that one. */
export function isAllowedBelow(setting: SharedRunnersSetting, above: SharedRunnersSetting): boolean {
  return above !== 'disabled_and_unoverridable' || setting === above;
}

export const sharedRunnersRule = 'cannot be enabled because parent group has shared Runners disabled';

/** Why a group may not be more visible than the group above it. */
export function tooVisible(visibility: Visibility, above: Visibility): string {
  return `${visibility} is not allowed since the parent group has a ${above} visibility.`;
}

function refuse(problems: Problems): void {
  if (Object.keys(problems).length > 0) throw invalid(failedToSave(problems));
}
