import type { Runner } from '../runners/runner.ts';
import { unmetConditions, type Condition } from './can-run.ts';
import type { Explanation } from './explain-api.ts';
import type { ExplainCode } from './explain-codes.ts';
import { distanceOf, isFitting, isFree, isReachable, type Compared, type Comparison } from './explain-runners.ts';
import { nearTag, type NearTag } from './near-tags.ts';
import { correctTags, registerRunner, suggestFor, type Subject } from './suggest.ts';

/** The main reason why a pending job waits. */
export type Reason = Pick<Explanation, 'code' | 'state' | 'suggestion' | 'near_tags'>;

/** Runners that are farther away than this have nothing to do with the job, unless they serve its project. */
const farAway = 2.5;

/**
 * The main reason: that of the runners which lack least. `visible` are those of them that the caller may see, `sees` tells of which
 * types the caller may know the tags.
 */
export function reasonOf(
  subject: Subject,
  comparison: Comparison,
  visible: readonly { runner: Runner; compared: Compared }[],
  sees: (type: string) => boolean,
): Reason {
  const { groups } = comparison;
  const reachable = groups.filter(isReachable);
  const free = countOf(reachable.filter(isFree));
  if (free > 0) {
    return {
      code: 'queued',
      state: `${runners(free)} can take it, and will come to it in ${free === 1 ? 'its' : 'their'} order.`,
      suggestion: { code: 'wait', text: 'Wait for the next request of a runner.', changes: [] },
      near_tags: [],
    };
  }
  if (reachable.length > 0) {
    const busy = countOf(reachable);
    return {
      code: 'runners_busy',
      state: `${busy === 1 ? 'The only runner' : `All ${busy} runners`} in contact that can take it ${busy === 1 ? 'is' : 'are'} at work.`,
      suggestion: {
        code: 'add_capacity',
        text: 'Wait until a runner is free, let its agent take more jobs at once (`concurrent`, `limit`), or register another one.',
        changes: [],
      },
      near_tags: [],
    };
  }
  const near = nearTags(subject, groups, sees);
  const [best] = groups;
  if (best === undefined || (!best.group.inScope && best.distance > farAway))
    return {
      code: 'no_runner',
      state: `No runner serves ${subject.project.fullPath}.`,
      suggestion: registerRunner(subject),
      near_tags: [],
    };
  if (best.unmet.includes('tags_missing') && fitsWith(near, best, comparison)) {
    return {
      code: 'tag_typo',
      state: `No runner has ${quoted(near.map((one) => one.tag))}; there is ${quoted(near.map((one) => one.near))}.`,
      suggestion: correctTags(subject, near),
      near_tags: near,
    };
  }
  const runner = visible.find(({ compared }) => compared === best)?.runner ?? null;
  const suggestion = best.unmet.includes('not_in_group') ? registerRunner(subject) : suggestFor(subject, best, runner);
  return { code: codeOf(best), state: stateOf(best, groups, subject), suggestion, near_tags: near };
}

function countOf(groups: readonly Compared[]): number {
  return groups.reduce((total, { group }) => total + group.count, 0);
}

function runners(count: number): string {
  return count === 1 ? '1 runner' : `${count} runners`;
}

/** The first condition that is not met says it all: one that is at work is not said to lack anything. */
function codeOf({ unmet }: Compared): ExplainCode {
  const [first] = unmet;
  return first === undefined || first === 'at_limit' ? 'runners_busy' : first;
}

/** What keeps the job from the nearest runners, in words. */
const words: Record<Condition, (subject: Subject, nearest: Compared) => string> = {
  runner_paused: () => 'paused',
  jobs_disabled: ({ project }) => `kept away, since jobs of ${project.fullPath} are switched off`,
  shared_runners_disabled: ({ project }) => `kept away, since ${project.fullPath} has instance runners switched off`,
  group_runners_disabled: ({ project }) => `kept away, since ${project.fullPath} has group runners switched off`,
  not_in_group: () => 'serving another group',
  not_assigned: ({ project }, { group }) => `${group.locked ? 'locked to other projects' : 'not assigned'} (${project.fullPath})`,
  ref_not_protected: ({ job }) => `for protected refs only, and "${job.ref}" was not protected when the pipeline was made`,
  untagged_not_allowed: () => 'for jobs with tags only, and it has none',
  tags_missing: (_subject, { missing }) => `without ${quoted(missing)}`,
  feature_missing: ({ neededFeatures }) => `on agents too old for it (${neededFeatures.join(', ')})`,
  never_contacted: () => 'never in contact so far',
  offline: () => 'silent for two minutes or longer',
  at_limit: () => 'at work',
};

function stateOf(best: Compared, groups: readonly Compared[], subject: Subject): string {
  const alike = groups.filter(({ unmet, missing }) => sameSet(unmet, best.unmet) && sameSet(missing, best.missing));
  const count = countOf(alike);
  const text = best.unmet.map((condition) => words[condition](subject, best)).join(', and ');
  const scope = countOf(groups.filter(isFitting)) === 0 ? 'No runner can take it.' : 'No runner in contact can take it.';
  return `${scope} The nearest ${count === 1 ? 'one is' : `${count} are`} ${text}.`;
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item) => other.includes(item));
}

/** Tags of the job that no runner in scope has, with those that come near. */
function nearTags({ tags }: Subject, groups: readonly Compared[], sees: (type: string) => boolean): NearTag[] {
  const known = new Set<string>();
  for (const { group, facts } of groups) if (group.inScope && sees(group.type)) for (const tag of facts.tags) known.add(tag);
  return tags.filter((tag) => !known.has(tag)).flatMap((tag) => nearTag(tag, known) ?? []);
}

/** Whether a runner that is nearer than `best` has the tags that were probably meant. */
function fitsWith(near: readonly NearTag[], best: Compared, { job, groups }: Comparison): boolean {
  if (near.length === 0) return false;
  const meant = { ...job, tags: job.tags.map((tag) => near.find((one) => one.tag === tag)?.near ?? tag) };
  return groups.some(({ group, facts }) => {
    const unmet = unmetConditions(facts, meant);
    const missing = meant.tags.filter((tag) => !facts.tags.has(tag));
    return distanceOf({ group, unmet, missing }) < best.distance;
  });
}

function quoted(tags: readonly string[]): string {
  return tags.map((tag) => `"${tag}"`).join(', ');
}
