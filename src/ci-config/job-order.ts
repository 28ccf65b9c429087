/** The checks of jobs against each other (CI configuration 1, step 10): the first error alone is reported. */
import type { DraftJob } from './keywords/job.ts';
import type { CompiledJob } from './plan.ts';
import { Stop } from './stop.ts';
import type { Place } from './yaml/tree.ts';

const longestName = 255;

/** Looks up the stages of all jobs; throws `Stop` when a stage, dependency or need leads nowhere or needs go in a circle. */
export function orderJobs(drafts: DraftJob[], stages: string[]): CompiledJob[] {
  const indexes = new Map(stages.map((stage, index) => [stage, index]));
  const byName = new Map(drafts.map((draft) => [draft.job.name, draft]));
  for (const { job } of drafts) job.stageIndex = indexes.get(job.stage) ?? -1;
  for (const draft of drafts) {
    checkStage(draft, stages);
    checkDependencies(draft, byName);
    checkNeeds(draft, byName);
  }
  checkCircles(drafts, byName);
  return drafts.map(({ job }) => job).toSorted((a, b) => a.stageIndex - b.stageIndex);
}

function checkStage({ job, stagePlace }: DraftJob, stages: string[]): void {
  if (job.stageIndex >= 0) return;
  const text = `${job.name} job: chosen stage ${job.stage} does not exist; available stages are ${stages.join(', ')}`;
  throw new Stop(text, 'logical', stagePlace);
}

function checkDependencies({ job, place, dependencyPlaces }: DraftJob, byName: ReadonlyMap<string, DraftJob>): void {
  for (const [index, name] of (job.dependencies ?? []).entries()) {
    checkEarlier(job, 'dependency', name, byName, dependencyPlaces[index] ?? place);
  }
}

function checkNeeds({ job, needs }: DraftJob, byName: ReadonlyMap<string, DraftJob>): void {
  const seen = new Set<string>();
  const twice = new Set<string>();
  let place: Place | undefined;
  for (const { need, place: needPlace } of needs) {
    if (Array.from(need.job).length > longestName) {
      const text = `${job.name} job: need \`${need.job}\` name is too long (maximum is ${longestName} characters)`;
      throw new Stop(text, 'logical', needPlace);
    }
    if (byName.has(need.job) || !need.optional) checkEarlier(job, 'need', need.job, byName, needPlace);
    if (seen.has(need.job)) {
      twice.add(need.job);
      place ??= needPlace;
    }
    seen.add(need.job);
  }
  if (place) throw new Stop(`${job.name} has the following needs duplicated: ${[...twice].join(', ')}.`, 'logical', place);
}

function checkEarlier(job: CompiledJob, what: string, name: string, byName: ReadonlyMap<string, DraftJob>, place: Place): void {
  const other = byName.get(name)?.job;
  if (!other) throw new Stop(`${job.name} job: undefined ${what}: ${name}`, 'logical', place);
  if (other.stageIndex < 0 || other.stageIndex > job.stageIndex) {
    throw new Stop(`${job.name} job: ${what} ${name} is not defined in current or prior stages`, 'logical', place);
  }
}

interface Visit {
  draft: DraftJob;
  /** Order of the first visit, and the earliest open visit that can be reached from here. */
  index: number;
  lowest: number;
  next: number;
}

/** Finds the first group of jobs that need each other (Tarjan's components, on a stack of its own: chains may be long). */
function checkCircles(drafts: DraftJob[], byName: ReadonlyMap<string, DraftJob>): void {
  const visits = new Map<string, Visit>();
  const closed = new Set<string>();
  const open: Visit[] = [];
  const enter = (draft: DraftJob): Visit => {
    const { name } = draft.job;
    if (draft.job.needs?.some((need) => need.job === name)) {
      throw new Stop(`The pipeline has circular dependencies: self-dependency: ${name}`, 'logical', draft.place);
    }
    const visit = { draft, index: visits.size, lowest: visits.size, next: 0 };
    visits.set(name, visit);
    open.push(visit);
    return visit;
  };
  for (const root of drafts) {
    if (visits.has(root.job.name)) continue;
    const path = [enter(root)];
    for (let visit = path.at(-1); visit; visit = path.at(-1)) {
      const need = visit.draft.job.needs?.[visit.next++];
      const target = need && byName.get(need.job);
      const known = target && visits.get(target.job.name);
      if (target && !known) path.push(enter(target));
      else if (known && !closed.has(known.draft.job.name)) visit.lowest = Math.min(visit.lowest, known.index);
      if (need) continue;
      path.pop();
      const above = path.at(-1);
      if (above) above.lowest = Math.min(above.lowest, visit.lowest);
      if (visit.lowest === visit.index) closeComponent(open.splice(open.indexOf(visit)), closed);
    }
  }
}

function closeComponent(component: Visit[], closed: Set<string>): void {
  const names = component.map(({ draft }) => draft.job.name);
  const [first] = component;
  if (first && component.length > 1) {
    const list = names.map((name) => JSON.stringify(name)).join(', ');
    throw new Stop(`The pipeline has circular dependencies: topological sort failed: [${list}]`, 'logical', first.draft.place);
  }
  for (const name of names) closed.add(name);
}
