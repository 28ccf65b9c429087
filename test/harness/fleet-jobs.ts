import { setTimeout as pause } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { JobPayload, JobUpdate } from '../../src/runner-api/wire.ts';
import type { FleetAgent, FleetRecord } from './fleet.ts';
import { logByte } from './log-bytes.ts';
import type { RunnerAnswer } from './runner-exchange.ts';
import { versionNumber } from './strict-payload.ts';

/** The whole log of a job of the fleet: 200 to 4,000 bytes that are different for each job. */
export function fleetLog(jobId: number): Buffer {
  return Buffer.from(Array.from({ length: 200 + ((jobId * 7919) % 3800) }, (_, at) => logByte(jobId, at)));
}

/** How a job of the fleet ends. */
export function fleetState(jobId: number): 'success' | 'failed' {
  return jobId % 7 === 0 ? 'failed' : 'success';
}

export interface FleetJobsOptions {
  record: FleetRecord;
  count(call: string, answer: RunnerAnswer): void;
  moveOn(agent: FleetAgent): void;
  traceInterval: number;
  patience: number;
}

export interface FleetJobs {
  /** Runs a job as its agent's version does: log in four parts, then the final update until it is answered for good. */
  run(agent: FleetAgent, job: JobPayload): Promise<void>;
}

const partsOfLog = 4;

export function createFleetJobs({ record, count, moveOn, traceInterval, patience }: FleetJobsOptions): FleetJobs {
  /** Repeats a call until there is an answer that means something; `lost` tells how many had none. */
  async function insist(
    agent: FleetAgent,
    name: string,
    call: () => Promise<RunnerAnswer>,
  ): Promise<{ answer: RunnerAnswer; lost: number }> {
    let lost = 0;
    for (let failures = 1; ; failures += 1) {
      try {
        const answer = await call();
        count(name, answer);
        if (![409, 429, 500, 502, 503, 504].includes(answer.status)) return { answer, lost };
        if (answer.status === 500) record.violations.push(`${name} was answered with 500 ${answer.bytes.toString()}`);
      } catch {
        lost += 1;
      }
      if (failures % patience === 0) moveOn(agent);
      await pause(100 + 100 * Math.random());
    }
  }

  /** Whether the agent may begin: from 18.5 on it says so first, and drops the job without a word when that is refused. */
  async function confirmed(agent: FleetAgent, job: JobPayload): Promise<boolean> {
    if (versionNumber(agent.runner.version) < versionNumber('18.5')) return true;
    const { answer } = await insist(agent, 'confirm', () => agent.runner.update(job, 'running'));
    const said = answer.headers['job-status'];
    if (answer.status !== 403 && answer.status !== 404 && said !== 'canceled' && said !== 'failed') return true;
    record.dropped.add(job.id);
    record.violations.push(`job ${job.id} was given and then refused with ${answer.status} ${String(said)}`);
    return false;
  }

  /** Sends the log from `offset` to `end`. False when the job is over. */
  async function sendLog(agent: FleetAgent, job: JobPayload, log: Buffer, from: number, end: number): Promise<number | null> {
    let offset = from;
    while (offset < end) {
      const part = log.subarray(offset, end);
      const { answer } = await insist(agent, 'trace', () => agent.runner.patchTrace(job, part, offset));
      if (answer.status === 202) {
        offset = end;
      } else if (answer.status === 416) {
        offset = Number(/^0-(\d+)$/.exec(String(answer.headers['range']))?.[1]);
        if (!(offset <= end)) throw new Error(`the server has ${String(answer.headers['range'])} of a log of which it got ${end} bytes`);
      } else {
        record.violations.push(`log of job ${job.id} was answered with ${answer.status} ${String(answer.headers['job-status'])}`);
        return null;
      }
    }
    return offset;
  }

  async function run(agent: FleetAgent, job: JobPayload): Promise<void> {
    if (!(await confirmed(agent, job))) return;
    const log = fleetLog(job.id);
    let offset: number | null = 0;
    for (let part = 1; part <= partsOfLog; part += 1) {
      await pause(traceInterval * (0.5 + Math.random()));
      offset = await sendLog(agent, job, log, offset, Math.ceil((log.length * part) / partsOfLog));
      if (offset === null) return;
    }
    const state = fleetState(job.id);
    let lostBefore = 0;
    for (;;) {
      const { answer, lost } = await insist(agent, 'final', () => agent.runner.update(job, state, lastWords(agent, log, state)));
      lostBefore += lost;
      if (answer.status === 200) {
        record.ended.set(job.id, { state, acknowledged: true });
        return;
      }
      if (answer.status === 202) await pause(100);
      else if (answer.status === 412) await sendLog(agent, job, log, 0, log.length);
      else if (answer.status === 403 && lostBefore > 0 && answer.headers['job-status'] === state) {
        // The update before was done, and its answer was lost.
        record.ended.set(job.id, { state, acknowledged: false });
        return;
      } else {
        record.violations.push(`the end of job ${job.id} was answered with ${answer.status} ${String(answer.headers['job-status'])}`);
        return;
      }
    }
  }

  return { run };
}

/** Checksum of the whole log, whatever part of it this agent has sent after a restart. */
function lastWords(agent: FleetAgent, log: Buffer, state: JobUpdate['state']): Partial<JobUpdate> {
  const version = versionNumber(agent.runner.version);
  const checksum = `crc32:${crc32(log).toString(16).padStart(8, '0')}`;
  return {
    ...(state === 'failed' ? { failure_reason: 'script_failure', exit_code: 3 } : {}),
    ...(version >= versionNumber('13.4') ? { checksum } : {}),
    ...(version >= versionNumber('13.7') ? { output: { checksum, bytesize: log.length } } : {}),
  };
}
