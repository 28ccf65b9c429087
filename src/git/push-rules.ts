import { levels } from '../access/role.ts';
import { isProtected, mayForcePush, mayPushTo, type ProtectedRef } from '../namespaces/protected-ref.ts';
import { isShortRefName, isZeroOid } from './ref-name.ts';
import { PIPELINE_REFS, type RefUpdate } from './refs.ts';

/** What decides about the movement of a project's refs. */
export interface PushRules {
  /** Of the project; it cannot be deleted. */
  defaultBranch: string;
  /** The project's rules for branches, and for tags. */
  branches: readonly ProtectedRef[];
  tags: readonly ProtectedRef[];
  /** Access level of whoever pushes; developers at least get this far. */
  level: number;
  /** Protected branches and tags can be deleted over the API only, where nobody does it by a slip of a refspec. */
  via: 'git' | 'api';
}

/** Why a ref may not be moved. `protected`: others might; `impossible`: nobody can. The text is GitLab's where it has one. */
export interface Refusal {
  kind: 'protected' | 'impossible';
  text: string;
}

/** Whether one ref may be moved so; null: it may, though perhaps not by force (see `fastForwardOnly`). */
export function judgeUpdate(update: RefUpdate, rules: PushRules): Refusal | null {
  const found = /^refs\/(?<folder>heads|tags)\/(?<name>.+)$/.exec(update.ref)?.groups;
  const name = found?.['name'] ?? '';
  if (found?.['folder'] === 'heads') return judgeBranch(name, update, rules);
  if (found?.['folder'] === 'tags') return judgeTag(name, update, rules);
  return update.ref.startsWith(PIPELINE_REFS) ? impossible(`${update.ref} belongs to the server and cannot be pushed.`) : null;
}

/** Full names of those refs of a push that may only go forward. */
export function fastForwardOnly(updates: readonly RefUpdate[], rules: PushRules): string[] {
  const moved = updates.filter(({ before, after }) => !isZeroOid(before) && !isZeroOid(after));
  return moved
    .map(({ ref }) => ref)
    .filter((ref) => ref.startsWith('refs/heads/') && !mayForcePush(rules.branches, ref.slice('refs/heads/'.length)));
}

function judgeBranch(name: string, { before, after }: RefUpdate, rules: PushRules): Refusal | null {
  const guarded = isProtected(rules.branches, name);
  if (isZeroOid(after)) {
    if (name === rules.defaultBranch) return impossible('The default branch of a project cannot be deleted.');
    return guarded ? judgeRemoval('branch', rules) : null;
  }
  if (isZeroOid(before)) {
    if (!isShortRefName(name)) return impossible(`"${name}" cannot be the name of a branch.`);
    // It could not be told from a commit any more.
    if (/^[0-9a-f]{40}$/.test(name)) return impossible('You cannot create a branch with a 40-character hexadecimal branch name.');
  }
  if (mayPushTo(rules.branches, name, rules.level)) return null;
  if (isZeroOid(before)) return forbidden('You are not allowed to create protected branches on this project.');
  return forbidden('You are not allowed to push code to protected branches on this project.');
}

function judgeTag(name: string, { before, after }: RefUpdate, rules: PushRules): Refusal | null {
  const guarded = isProtected(rules.tags, name);
  if (isZeroOid(after)) return guarded ? judgeRemoval('tag', rules) : null;
  if (!isZeroOid(before)) return guarded ? forbidden('Protected tags cannot be updated.') : null;
  if (!isShortRefName(name)) return impossible(`"${name}" cannot be the name of a tag.`);
  return mayPushTo(rules.tags, name, rules.level) ? null : forbidden('You are not allowed to create this tag as it is protected.');
}

function judgeRemoval(kind: 'branch' | 'tag', { level, via }: PushRules): Refusal | null {
  if (level < levels.maintainer) {
    const many = kind === 'branch' ? 'branches' : 'tags';
    return forbidden(
      `You are not allowed to delete protected ${many} from this project. Only a project maintainer or owner can delete a protected ${kind}.`,
    );
  }
  return via === 'api' ? null : forbidden(`You can only delete protected ${kind === 'branch' ? 'branches' : 'tags'} over the API.`);
}

function forbidden(text: string): Refusal {
  return { kind: 'protected', text };
}

function impossible(text: string): Refusal {
  return { kind: 'impossible', text };
}
