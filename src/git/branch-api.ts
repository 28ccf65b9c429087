import { Type, type Static } from 'typebox';
import { can } from '../access/can.ts';
import { levels } from '../access/role.ts';
import type { Facts } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import type { Project } from '../namespaces/project.ts';
import { mayPushTo, rulesFor, type ProtectedRef } from '../namespaces/protected-ref.ts';
import { CommitReply, presentCommit } from './commit-api.ts';
import type { Commit } from './commits.ts';
import { treeUrl } from './links.ts';

/** A branch. */
export const BranchReply = Type.Object({
  name: Type.String({ description: 'Name of the branch.' }),
  commit: CommitReply,
  merged: Type.Boolean({ description: 'Whether the default branch has all of it.' }),
  protected: Type.Boolean({ description: 'Whether a rule protects it.' }),
  developers_can_push: Type.Boolean({ description: 'Whether a rule lets developers push.' }),
  developers_can_merge: Type.Boolean({ description: 'Whether a rule lets developers merge.' }),
  can_push: Type.Boolean({ description: 'Whether the caller may push.' }),
  default: Type.Boolean({ description: 'Whether it is the default branch.' }),
  web_url: Type.String({ description: 'Page of the branch.' }),
});
export type BranchReply = Static<typeof BranchReply>;

/** What branches are presented with. */
export interface BranchView {
  actor: Actor | null;
  project: Project;
  facts: Facts;
  /** The project's rules for branches. */
  rules: readonly ProtectedRef[];
  /** Branches that the default branch has all of. */
  merged: ReadonlySet<string>;
  /** External URL without a slash at the end. */
  url: string;
}

/** Branch → form of the API. */
export function presentBranch(name: string, commit: Commit, view: BranchView): BranchReply {
  const { project, rules, url } = view;
  const fitting = rulesFor(rules, name);
  const isDefault = name === project.defaultBranch;
  return {
    name,
    commit: presentCommit(commit, project, url),
    merged: !isDefault && view.merged.has(name),
    protected: fitting.length > 0,
    developers_can_push: fitting.some((rule) => opensTo(rule.pushLevel)),
    developers_can_merge: fitting.some((rule) => opensTo(rule.mergeLevel)),
    can_push: can(view.actor, 'project.push', view.facts) && mayPushTo(rules, name, view.facts.level),
    default: isDefault,
    web_url: treeUrl(url, project, name),
  };
}

/** Whether a rule's level takes in developers; 0 is nobody. */
function opensTo(level: number): boolean {
  return level > 0 && level <= levels.developer;
}
