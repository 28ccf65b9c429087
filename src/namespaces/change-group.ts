import type { Tx } from '../db/tx.ts';
import { invalid, notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { isAllowedBelow, sharedRunnersRule, tooVisible } from './add-group.ts';
import { groupProblems, type Problems } from './group-input.ts';
import { isGroup, isVisibleIn, visibilities, type Group, type Namespace, type SharedRunnersSetting, type Visibility } from './namespace.ts';
import { findNamespace, saveNamespace } from './namespace-store.ts';
import {
  disableSharedRunnersBelow,
  isGroupNameTaken,
  isPathTaken,
  lockNamespace,
  lockTree,
  renameNamespace,
  visibilitiesBelow,
} from './tree-store.ts';

export interface GroupChange {
  name?: string;
  path?: string;
  description?: string;
  visibility?: Visibility;
  shared_runners_setting?: SharedRunnersSetting;
}

/** Changes a group, and what is below it where that follows. Throws 400 with what is wrong with the input, by attribute. */
export async function changeGroup(app: App, group: Group, input: GroupChange): Promise<Group> {
  refuse(groupProblems(input, group.parentId === null));
  const now = app.clock.now();
  try {
    return await app.write(async (tx) => {
      const parent = group.parentId === null ? null : await lockNamespace(tx, group.parentId);
      await lockTree(tx, group.id);
      const before = await findNamespace(tx, group.id);
      if (before === null || (group.parentId !== null && parent === null)) throw notFound('Group');
      const after: Namespace = {
        ...before,
        name: input.name ?? before.name,
        path: input.path ?? before.path,
        description: input.description ?? before.description,
        visibility: input.visibility ?? before.visibility,
        sharedRunnersSetting: input.shared_runners_setting ?? before.sharedRunnersSetting,
      };
      refuse(await problemsOf(tx, parent, before, after));
      await saveNamespace(tx, after, now);
      if (after.name !== before.name || after.path !== before.path) await renameNamespace(tx, before, after, now);
      if (after.sharedRunnersSetting !== before.sharedRunnersSetting && after.sharedRunnersSetting !== 'enabled')
        await disableSharedRunnersBelow(tx, group.id, after.sharedRunnersSetting, now);
      const saved = await findNamespace(tx, group.id);
      if (saved === null || !isGroup(saved)) throw notFound('Group');
      return saved;
    });
  } catch (error) {
    throw app.db.dialect.isDuplicate(error) ? invalid({ path: ['has already been taken'] }) : error;
  }
}

async function problemsOf(tx: Tx, parent: Namespace | null, before: Namespace, after: Namespace): Promise<Problems> {
  const problems: Problems = {};
  const fullPath = parent === null ? after.path : `${parent.fullPath}/${after.path}`;
  if (parent !== null && after.name !== before.name && (await isGroupNameTaken(tx, parent.id, after.name, after.id)))
    problems['name'] = ['has already been taken'];
  if (await isPathTaken(tx, fullPath, { namespace: after.id })) problems['path'] = ['has already been taken'];
  if (after.visibility !== before.visibility) {
    const texts = await visibilityProblems(tx, parent, after);
    if (texts.length > 0) problems['visibility_level'] = texts;
  }
  const isTooOpen = parent !== null && !isAllowedBelow(after.sharedRunnersSetting, parent.sharedRunnersSetting);
  if (isTooOpen) problems['shared_runners_enabled'] = [sharedRunnersRule];
  return problems;
}

async function visibilityProblems(tx: Tx, parent: Namespace | null, { id, visibility }: Namespace): Promise<string[]> {
  const texts: string[] = [];
  if (parent !== null && !isVisibleIn(visibility, parent)) texts.push(tooVisible(visibility, parent.visibility));
  const below = await visibilitiesBelow(tx, id);
  const isHigher = (one: Visibility) => visibilities.indexOf(one) > visibilities.indexOf(visibility);
  if (below.projects.some(isHigher)) texts.push(`${visibility} is not allowed since this group contains projects with higher visibility.`);
  if (below.groups.some(isHigher)) texts.push(`${visibility} is not allowed since there are sub-groups with higher visibility.`);
  return texts;
}

function refuse(problems: Problems): void {
  if (Object.keys(problems).length > 0) throw invalid(problems);
}
