import type { Job } from '../pipelines/job.ts';
import type { LogStore } from './log-store.ts';

type EndedJob = Pick<Job, 'id' | 'traceSize' | 'traceCrc32'>;
type Logs = Pick<LogStore, 'size' | 'crc32' | 'finish' | 'forget'>;

/**
 * Settles what is here of the log of a job that is over: it becomes an object, unless it is but the beginning, which was left when this
 * server went away and the agent sent all of it to another one. That other one has made the object, and a part must never take its
 * place. A job that was ended by a node without its log has a recorded size that is smaller than what is here: then this is the log.
 */
export function settleLog(logs: Logs, job: EndedJob): void {
  if (isLeftOver(logs, job)) logs.forget(job.id);
  else logs.finish(job.id);
}

/** Whether what is here of an ended job's log is less than the log, or another one. */
export function isLeftOver(logs: Pick<LogStore, 'size' | 'crc32'>, { id, traceSize, traceCrc32 }: EndedJob): boolean {
  const size = logs.size(id);
  if (size === 0 || traceSize === null) return false;
  return traceSize > size || (traceSize === size && traceCrc32 !== logs.crc32(id));
}
