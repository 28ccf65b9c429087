import type { JobPayload } from '../../src/runner-api/wire.ts';
import type { FakeRunner, JobScript } from './fake-runner.ts';
import type { RunnerAnswer } from './runner-exchange.ts';

/**
 * What agents do about answers that are no success (runner protocol 6.2, 7.2, 8.1 and 16), which `FakeRunner` leaves to its caller.
 * Without their pauses: where an agent waits and tries again, this tries again at once.
 */

/** An agent of this version would end its process here. */
export class AgentCrash extends Error {
  override name = 'AgentCrash';
}

/** How an agent came to the end of a job. */
export interface Outcome {
  /** Answer of the last call. */
  last: RunnerAnswer;
  /** `METHOD status` of each call, in order. */
  calls: string[];
}

/** Tries of a call that is answered with a passing trouble. */
const mostTries = 10;

/** Carries a job through to its end, whatever the server answers: uploads, the log, the final update. */
export async function carryThrough(agent: FakeRunner, job: JobPayload, script: JobScript = {}): Promise<Outcome> {
  const calls: string[] = [];
  async function noted(method: string, call: () => Promise<RunnerAnswer>): Promise<RunnerAnswer> {
    const answer = await call();
    calls.push(`${method} ${answer.status}`);
    return answer;
  }
  const log = Buffer.from(script.log ?? `job ${job.id}\n`);
  agent.holdLog(job, log);
  const uploadsFailed = !(await uploadAll(agent, job, script, noted));
  const { inStep, aborted } = await sendLog(agent, job, log, 0, noted);
  const failed = uploadsFailed || (script.exitCode ?? 0) !== 0 || script.failureReason !== undefined;
  const reason = script.failureReason ?? 'script_failure';
  const state = failed || aborted ? 'failed' : 'success';
  const extra = {
    ...(state === 'failed' ? { failure_reason: aborted ? 'job_canceled' : reason, exit_code: script.exitCode ?? 0 } : {}),
    // What did not come through piece by piece is sent whole.
    ...(inStep || agent.knows('11.11') ? {} : { trace: log.toString() }),
  };
  for (let attempt = 1; ; attempt += 1) {
    const last = await noted('PUT', () => agent.update(job, state, extra));
    const isOver = last.status === 200 || last.status === 403 || last.status === 404;
    if (isOver || attempt === mostTries) return { last, calls };
    if (last.status === 412 && agent.knows('13.4')) await sendLog(agent, job, log, 0, noted);
  }
}

type Noted = (method: string, call: () => Promise<RunnerAnswer>) => Promise<RunnerAnswer>;

/** False when one of them failed for good. */
async function uploadAll(agent: FakeRunner, job: JobPayload, { artifacts = [] }: JobScript, noted: Noted): Promise<boolean> {
  for (const upload of artifacts) {
    for (let attempt = 1; ; attempt += 1) {
      const { status } = await noted('POST', () => agent.uploadArtifact(job, upload));
      if (status === 201) break;
      const tries = status === 503 && agent.knows('12.9') ? 6 : 3;
      if (status === 403 || status === 413 || attempt === tries) return false;
    }
  }
  return true;
}

/** Sends a log from an offset on, and goes on where the server says. */
async function sendLog(
  agent: FakeRunner,
  job: JobPayload,
  log: Buffer,
  from: number,
  noted: Noted,
): Promise<{ inStep: boolean; aborted: boolean }> {
  const most = agent.knows('11.11') ? 1024 * 1024 : log.length;
  let at = from;
  for (let troubles = 0; at < log.length && troubles < mostTries;) {
    const piece = log.subarray(at, at + most);
    const { status, headers } = await noted('PATCH', () => agent.patchTrace(job, piece, at));
    if (status === 403) return { inStep: false, aborted: true };
    if (status === 404) return { inStep: false, aborted: false };
    if (status === 202) {
      at += piece.length;
      // Obeyed whatever the status of the answer.
      if (['canceled', 'failed'].includes(String(headers['job-status']))) return { inStep: true, aborted: true };
      continue;
    }
    troubles += 1;
    if (status === 416) at = offsetOf(agent, headers['range']);
  }
  return { inStep: at === log.length, aborted: false };
}

/** Where the server wants to go on, from `0-<size>`. */
function offsetOf(agent: FakeRunner, range: unknown): number {
  const size = /^\d+-(\d+)$/.exec(typeof range === 'string' ? range : '')?.[1];
  if (size === undefined && !agent.knows('11.11')) throw new AgentCrash('416 without a range');
  return Number(size ?? 0);
}
