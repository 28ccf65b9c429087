import '../access/app.ts';
import type { App } from '../http/route.ts';
import { isoTime, isoTimeOrNull } from '../lib/iso-time.ts';
import { presentEvidence } from '../pipelines/job-api.ts';
import type { Job } from '../pipelines/job.ts';
import { freshContact, runnerLiveness } from '../runners/contact.ts';
import { findRunner } from '../runners/store.ts';
import type { Change, Explanation, Finding, Suggestion } from './explain-api.ts';
import { jobsBefore, resourceOf, type NamedJob } from './waiting-store.ts';

/** What is to be said of a job that does not wait for a runner: what it waits for, who has it, or how it ended. */
export async function explainState(app: App, job: Job): Promise<Finding> {
  switch (job.status) {
    case 'created':
      return explainCreated(app, job);
    case 'manual':
      return {
        code: 'manual',
        state: 'It waits for somebody to start it.',
        suggestion: play(job, job, `Start it: POST /projects/${job.projectId}/jobs/${job.id}/play.`),
      };
    case 'scheduled':
      return explainScheduled(job);
    case 'waiting_for_resource':
      return explainResource(app, job);
    case 'preparing':
    case 'waiting_for_callback':
      return { code: 'preparing', state: 'It is being prepared.' };
    case 'running':
    case 'canceling':
    case 'pending':
      return explainRunning(app, job);
    default:
      return explainEnd(app, job);
  }
}

function list(jobs: readonly NamedJob[]): string {
  const [first, second, ...others] = jobs.map(({ name, status }) => `"${name}" (${status})`);
  if (others.length > 0) return `${first}, ${second} and ${others.length} more`;
  return second === undefined ? (first ?? 'nothing') : `${first} and ${second}`;
}

async function explainCreated(app: App, job: Job): Promise<Finding> {
  const before = await jobsBefore(app.db, job);
  const code = job.scheduling === 'dag' ? 'waiting_for_needs' : 'waiting_for_stage';
  const manual = before.find((one) => one.status === 'manual');
  const what = job.scheduling === 'dag' ? 'jobs that it needs' : 'jobs of earlier stages';
  return {
    code,
    state: before.length === 0 ? 'Its turn has come: it is about to be moved on.' : `It waits for ${what}: ${list(before)}.`,
    suggestion:
      manual === undefined
        ? wait('Wait until they have ended.')
        : play(job, manual, `Start "${manual.name}", which waits for somebody, or nothing after it goes on.`),
    waits_for: before,
  };
}

function explainScheduled(job: Job): Finding {
  const until = isoTimeOrNull(job.scheduledAt);
  return {
    code: 'scheduled',
    state: until === null ? 'It is delayed.' : `It is delayed until ${until}.`,
    scheduled_at: until,
    suggestion: play(job, job, 'Start it now, without waiting for its time.'),
  };
}

async function explainResource(app: App, job: Job): Promise<Finding> {
  const resource = await resourceOf(app.db, job);
  if (resource === null) return { code: 'resource_busy', state: 'It waits for a resource.', suggestion: wait('Wait until it is free.') };
  const { key, mode, holder, ahead } = resource;
  const [first] = ahead;
  const held = holder === null ? 'which is free now' : `which job ${holder.id} ${list([holder])} holds`;
  const before =
    first === undefined
      ? ''
      : `; ${ahead.length} ${ahead.length === 1 ? 'job comes' : 'jobs come'} before it (${mode}), first ${list([first])}`;
  const nearest = holder ?? first;
  return {
    code: 'resource_busy',
    state: `It waits for the resource "${key}", ${held}${before}.`,
    resource: { key, process_mode: mode, held_by: holder, ahead: ahead.length },
    waits_for: nearest === undefined ? [] : [nearest],
    suggestion: wait(nearest === undefined ? 'Wait for its turn.' : `Wait until job ${nearest.id} has ended, or cancel that job.`),
  };
}

async function explainRunning(app: App, job: Job): Promise<Finding> {
  const runner = await runnerOf(app, job.runnerId);
  const where = runner === null ? '' : ` on runner ${runner.id}`;
  const silence = runner?.liveness === 'lost' ? ', whose machine has not called for two minutes' : '';
  if (job.status === 'canceling') return { code: 'canceling', state: `Its agent is ending it${where}${silence}.`, runner };
  return { code: 'running', state: `It runs${where}${silence}.`, runner };
}

/** The runner that has a job, as an explanation shows it. */
export async function runnerOf(app: App, id: number | null): Promise<Explanation['runner']> {
  const found = id === null ? null : await findRunner(app.db, id);
  if (found === null) return null;
  const runner = freshContact(app.contacts, found);
  return {
    id: runner.id,
    description: runner.description,
    liveness: runnerLiveness(app.contacts, runner, app.clock.now()),
    contacted_at: isoTimeOrNull(runner.contactedAt),
  };
}

async function explainEnd(app: App, job: Job): Promise<Finding> {
  const at = job.finishedAt === null ? '' : ` at ${isoTime(job.finishedAt)}`;
  if (job.status === 'success') return { code: 'succeeded', state: `It has succeeded${at}.` };
  if (job.status === 'canceled') return { code: 'canceled', state: `It was canceled${at}.` };
  if (job.status === 'skipped') return { code: 'skipped', state: 'It was skipped: what it depends on did not end as it has to.' };
  const exit = job.exitCode === null ? '' : `, exit code ${job.exitCode}`;
  return {
    code: 'failed',
    state: `It has failed${at} (${job.failureReason ?? 'unknown_failure'}${exit}).`,
    runner: await runnerOf(app, job.runnerId),
    failure: {
      reason: job.failureReason,
      exit_code: job.exitCode,
      evidence: job.failureEvidence === null ? null : presentEvidence(job.failureEvidence),
    },
    suggestion: job.retried
      ? null
      : {
          code: 'retry_job',
          text: 'Mend what made it fail, then retry it.',
          changes: [request('POST', `/projects/${job.projectId}/jobs/${job.id}/retry`)],
        },
  };
}

/** A call of the API. */
export function request(method: string, path: string, parameters: Record<string, unknown> = {}): Change {
  return { kind: 'request', method, path, parameters };
}

export function wait(text: string): Suggestion {
  return { code: 'wait', text, changes: [] };
}

function play({ projectId }: Job, { id }: { id: number }, text: string): Suggestion {
  return { code: 'play_job', text, changes: [request('POST', `/projects/${projectId}/jobs/${id}/play`)] };
}
