import type { JobWhen } from '../ci-config/plan.ts';
import { isCompleted, nextStatus, type JobStatus } from './job-state.ts';
import { rollUp, rollupStatus, type RollupStatus } from './rollup.ts';

/** A job as the processing of its pipeline sees it. */
export interface MovableJob {
  id: number;
  name: string;
  stageIndex: number;
  status: JobStatus;
  when: JobWhen;
  allowFailure: boolean;
  scheduling: 'stage' | 'dag';
}

export interface Move {
  jobId: number;
  event: 'enqueue' | 'schedule' | 'actionize' | 'skip';
}

/** What must have come before a job with this `when`; anything else that is over skips it (CI configuration 13.2). */
const accepted: Record<JobWhen, { byNeeds: readonly JobStatus[]; byStage: readonly JobStatus[] }> = {
  on_success: { byNeeds: ['success'], byStage: ['success', 'skipped'] },
  manual: { byNeeds: ['success'], byStage: ['success', 'skipped'] },
  delayed: { byNeeds: ['success'], byStage: ['success', 'skipped'] },
  on_failure: { byNeeds: ['failed'], byStage: ['failed'] },
  always: { byNeeds: ['success', 'failed', 'skipped'], byStage: ['success', 'failed', 'skipped'] },
};

/** What happens to a created job after `previous`, the status of all that lies before it; null: nothing yet. */
export function moveAfter(previous: JobStatus, job: Pick<MovableJob, 'when' | 'scheduling'>): Move['event'] | null {
  if (!isCompleted(previous)) return null;
  const { byNeeds, byStage } = accepted[job.when];
  if (!(job.scheduling === 'dag' ? byNeeds : byStage).includes(previous)) return 'skip';
  if (job.when === 'manual') return 'actionize';
  return job.when === 'delayed' ? 'schedule' : 'enqueue';
}

/**
 * The moves of all created jobs of a pipeline, in the order in which they happen: stages in order, inside a stage needed
 * jobs first, and each move counts at once for those that follow. `jobs` are all jobs of the pipeline but retried ones;
 * `needs` has the names that a job with `scheduling: 'dag'` needs, by its id (names of absent jobs are passed over).
 */
export function movesOf(jobs: readonly MovableJob[], needs: ReadonlyMap<number, readonly string[]>): Move[] {
  const statuses = new Map(jobs.map((job) => [job.id, rollupStatus(job)]));
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const stages = Map.groupBy(jobs, (job) => job.stageIndex);
  const before = new Set<RollupStatus>();
  const moves: Move[] = [];
  for (const index of [...stages.keys()].sort((a, b) => a - b)) {
    const stage = stages.get(index) ?? [];
    const beforeStage = rollUp(before) ?? 'success';
    for (const job of needsFirst(stage, needs, byName)) {
      if (job.status !== 'created') continue;
      const event = moveAfter(job.scheduling === 'dag' ? afterNeeds(needs.get(job.id) ?? [], byName, statuses) : beforeStage, job);
      const status = event === null ? null : nextStatus(event, 'created');
      if (event === null || status === null) continue;
      statuses.set(job.id, rollupStatus({ ...job, status }));
      moves.push({ jobId: job.id, event });
    }
    for (const job of stage) before.add(statuses.get(job.id) ?? job.status);
  }
  return moves;
}

function afterNeeds(
  names: readonly string[],
  byName: ReadonlyMap<string, MovableJob>,
  statuses: ReadonlyMap<number, RollupStatus>,
): JobStatus {
  const set = new Set<RollupStatus>();
  for (const name of names) {
    const needed = byName.get(name);
    if (needed !== undefined) set.add(statuses.get(needed.id) ?? needed.status);
  }
  return rollUp(set, 'needs') ?? 'success';
}

/** The jobs of a stage, each after those of the same stage that it needs. There are no cycles in a compiled plan. */
function needsFirst(
  stage: readonly MovableJob[],
  needs: ReadonlyMap<number, readonly string[]>,
  byName: ReadonlyMap<string, MovableJob>,
): MovableJob[] {
  const ordered: MovableJob[] = [];
  const seen = new Set<number>();
  // A stack of its own: chains of needs inside a stage may be as long as the pipeline.
  for (const start of stage) {
    const stack: { job: MovableJob; ready: boolean }[] = [{ job: start, ready: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { job, ready } = top;
      if (ready) {
        ordered.push(job);
        continue;
      }
      if (seen.has(job.id)) continue;
      seen.add(job.id);
      stack.push({ job, ready: true });
      for (const name of needs.get(job.id) ?? []) {
        const needed = byName.get(name);
        if (needed?.stageIndex === job.stageIndex && !seen.has(needed.id)) stack.push({ job: needed, ready: false });
      }
    }
  }
  return ordered;
}

/** Which of `jobs` come after `start`: those of later stages, and those that need it over any number of steps. */
export function followersOf(start: MovableJob, jobs: readonly MovableJob[], needs: ReadonlyMap<number, readonly string[]>): MovableJob[] {
  const reached = new Set([start.name]);
  const open = jobs.filter((job) => job.stageIndex === start.stageIndex && needs.has(job.id));
  for (let size = 0; size !== reached.size;) {
    size = reached.size;
    for (const job of open) if (needs.get(job.id)?.some((name) => reached.has(name)) === true) reached.add(job.name);
  }
  return jobs.filter((job) => job.id !== start.id && (job.stageIndex > start.stageIndex || reached.has(job.name)));
}
