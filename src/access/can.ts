import { levels } from './role.ts';
import type { Actor } from './user.ts';

/**
 * Who may do what. `can` is the only place that decides; routes name an action, stores and rooms above collect the facts.
 * Facts are about one subject as the caller stands to it.
 */
export interface Facts {
  /** Highest access level of the caller in the project or group, 0 for none. */
  level: number;
  /** `private`, `internal` or `public`; for a subject that can be seen without membership. */
  visibility?: string;
  /** Whether jobs of a public or internal project may be read without membership. */
  publicJobs?: boolean;
  /** The subject is the caller or belongs to the caller. */
  own?: boolean;
  /** The caller is a member of a group or project below the group. */
  memberBelow?: boolean;
}

/** What the rules of runners look at. */
export interface RunnerFacts extends Facts {
  type: 'instance_type' | 'group_type' | 'project_type';
  /** Highest level in any project that the runner is assigned to. */
  projectLevel: number;
  /** Level in the runner's group, own or inherited from above. */
  groupLevel: number;
  /** Highest level in a project below the runner's group that has group runners enabled. */
  treeLevel: number;
  /** Projects that the runner is assigned to. */
  projectCount: number;
}

type Rule = (actor: Actor | null, facts: Facts) => boolean;
type RunnerRule = (actor: Actor, facts: RunnerFacts) => boolean;

function atLeast(level: number): Rule {
  return (_actor, facts) => facts.level >= level;
}

function isVisible(actor: Actor | null, facts: Facts): boolean {
  if (facts.level >= levels.guest || facts.visibility === 'public') return true;
  return facts.visibility === 'internal' && actor !== null && !actor.user.external;
}

/** External users make nothing of their own. */
function isInsider(actor: Actor | null): boolean {
  return actor !== null && !actor.user.external;
}

/** Administrators may do everything below; these rules are for everybody else. */
const rules = {
  admin: () => false,
  'user.read': (actor) => actor !== null,
  'token.manage': (_actor, facts) => facts.own === true,
  'project.read': isVisible,
  'project.code': (actor, facts) =>
    facts.level >= levels.reporter ||
    (facts.level >= levels.guest && facts.visibility !== 'private') ||
    (facts.level === 0 && isVisible(actor, facts)),
  'project.jobs': (actor, facts) => facts.level >= levels.reporter || (facts.publicJobs === true && isVisible(actor, facts)),
  'project.privateArtifacts': atLeast(levels.developer),
  'project.debugLogs': atLeast(levels.developer),
  'project.push': atLeast(levels.developer),
  'project.pipeline': atLeast(levels.developer),
  'project.forceCancel': atLeast(levels.maintainer),
  'project.eraseJobs': atLeast(levels.maintainer),
  'project.deletePipelines': atLeast(levels.owner),
  'project.variables': atLeast(levels.maintainer),
  'project.protect': atLeast(levels.maintainer),
  'project.runners': atLeast(levels.maintainer),
  'project.update': atLeast(levels.maintainer),
  'project.members': atLeast(levels.maintainer),
  'project.create': isInsider,
  'project.rename': atLeast(levels.owner),
  'project.readProtection': atLeast(levels.developer),
  'project.assignOwner': atLeast(levels.owner),
  'project.delete': atLeast(levels.owner),
  'group.create': isInsider,
  'group.read': (actor, facts) => isVisible(actor, facts) || facts.memberBelow === true,
  'group.runners': atLeast(levels.maintainer),
  'group.update': atLeast(levels.owner),
  'group.members': atLeast(levels.owner),
  'group.variables': atLeast(levels.owner),
  'group.createProject': atLeast(levels.developer),
  'group.createSubgroup': atLeast(levels.maintainer),
  'group.createRunner': atLeast(levels.owner),
  'group.delete': atLeast(levels.owner),
} satisfies Record<string, Rule>;

/** The rules of single runners (runners API A.6, B.4, B.6, B.7). */
const runnerRules = {
  'runner.read': (_actor, facts) => {
    if (facts.type === 'instance_type') return true;
    if (facts.type === 'project_type') return facts.projectLevel >= levels.maintainer;
    return facts.groupLevel >= levels.maintainer || facts.treeLevel >= levels.maintainer;
  },
  'runner.update': (_actor, facts) => mayAdminister(facts),
  'runner.delete': (_actor, facts) => mayAdminister(facts) && facts.projectCount <= 1,
  'runner.jobs': (_actor, facts) => mayAdminister(facts),
  'runner.assign': (_actor, facts) => facts.type === 'project_type' && facts.projectLevel >= levels.maintainer,
} satisfies Record<string, RunnerRule>;

function mayAdminister(facts: RunnerFacts): boolean {
  if (facts.type === 'project_type') return facts.projectLevel >= levels.maintainer;
  return facts.type === 'group_type' && facts.groupLevel >= levels.owner;
}

export type Action = keyof typeof rules;
export type RunnerAction = keyof typeof runnerRules;

/** Whether `actor` (null: nobody signed in) may do `action` to the subject that `facts` describe. */
export function can(actor: Actor | null, action: Action, facts: Facts): boolean {
  if (actor?.user.admin === true) return true;
  return rules[action](actor, facts);
}

/** Whether `actor` may do `action` to a runner. */
export function canRunner(actor: Actor, action: RunnerAction, facts: RunnerFacts): boolean {
  if (actor.user.admin) return true;
  return runnerRules[action](actor, facts);
}
