import type { Tx } from '../db/tx.ts';
import { applyEvent, type EventJob, type StatusApp } from './events.ts';
import { isCompleted, type JobStatus } from './job-state.ts';
import { movesOf, type Move } from './moves.ts';
import type { Pipeline } from './pipeline.ts';
import { scheduleJobs } from './schedule.ts';
import { rollUp, rollupStatus, type RollupStatus } from './rollup.ts';
import {
  countStatuses,
  liveJobs,
  lockPipeline,
  neededNames,
  spansOf,
  updatePipeline,
  type LiveJob,
  type StatusCount,
} from './status-store.ts';

/**
 * Goes once over a pipeline: moves the created jobs whose turn it is and sets the status of the pipeline with its times
 * (CI configuration 13.2, 13.3). To be called in the transaction that changed something in it; doing it twice does no harm.
 */
export async function processPipeline(app: StatusApp, tx: Tx, pipelineId: number): Promise<Pipeline | null> {
  const pipeline = await lockPipeline(tx, pipelineId);
  return pipeline === null ? null : processLocked(app, tx, pipeline);
}

/** The same for a pipeline that is locked already. */
export async function processLocked(app: StatusApp, tx: Tx, pipeline: Pipeline): Promise<Pipeline> {
  let counts = await countStatuses(tx, pipeline.id);
  if (mayMove(counts)) {
    const jobs = await liveJobs(tx, pipeline.id);
    const waiting = jobs.filter((job) => job.status === 'created' && job.scheduling === 'dag').map((job) => job.id);
    const moves = movesOf(jobs, await neededNames(tx, waiting));
    await applyMoves(app, tx, moves, jobs);
    if (moves.length > 0) counts = await countStatuses(tx, pipeline.id);
  }
  return settlePipeline(app, tx, pipeline, rollUp(new Set(counts.map(rollupStatus))));
}

/** Whether any created job can move at all: tells without reading the jobs, which is what most calls come to. */
function mayMove(counts: readonly StatusCount[]): boolean {
  const created = counts.filter((count) => count.status === 'created');
  if (created.some((count) => count.scheduling === 'dag')) return true;
  return created.some(({ stageIndex }) => {
    const before = new Set<RollupStatus>(counts.filter((count) => count.stageIndex < stageIndex).map(rollupStatus));
    return isCompleted(rollUp(before) ?? 'success');
  });
}

async function applyMoves(app: StatusApp, tx: Tx, moves: readonly Move[], live: readonly LiveJob[]): Promise<void> {
  const byId = new Map(live.map((job) => [job.id, job]));
  for (const [event, group] of Map.groupBy(moves, (move) => move.event)) {
    const jobs = group.map(({ jobId }): EventJob => ({
      id: jobId,
      status: 'created',
      cancelGracefully: false,
      resourceGroupId: byId.get(jobId)?.resourceGroupId ?? null,
    }));
    if (event === 'schedule') await scheduleJobs(app, tx, jobs);
    else await applyEvent(app, tx, jobs, event);
  }
}

/** Sets the status of a locked pipeline, and the times that go with it. */
export async function settlePipeline(app: StatusApp, tx: Tx, pipeline: Pipeline, status: JobStatus | null): Promise<Pipeline> {
  if (status === null || status === pipeline.status) return pipeline;
  const now = app.clock.now();
  const startedAt = pipeline.startedAt ?? (status === 'running' ? now : null);
  const over = isCompleted(status);
  const finishedAt = over ? now : null;
  const duration = over ? secondsOf(await spansOf(tx, pipeline.id)) : null;
  await updatePipeline(tx, pipeline.id, { status, started_at: startedAt, finished_at: finishedAt, duration, updated_at: now });
  return { ...pipeline, status, startedAt, finishedAt, duration, updatedAt: now };
}

/** Length in seconds of the time that at least one of the spans (ms) covers. */
export function secondsOf(spans: readonly { start: number; end: number }[]): number {
  let sum = 0;
  let until = -Infinity;
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    if (end <= until) continue;
    sum += end - Math.max(start, until);
    until = end;
  }
  return sum / 1000;
}
