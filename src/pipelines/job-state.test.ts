import { expect, it } from 'vitest';
import { holdsToken, jobCan, jobEvents, jobStatuses, nextStatus, toFailureReason, type JobStatus } from './job-state.ts';

/** CI configuration 13.1, read by column: what each status becomes. A status that is not named refuses the event. */
const expected: Record<(typeof jobEvents)[number], Partial<Record<JobStatus, JobStatus>>> = {
  enqueue: { created: 'pending', skipped: 'pending', manual: 'pending', scheduled: 'pending', waiting_for_resource: 'pending' },
  awaitResource: {
    created: 'waiting_for_resource',
    skipped: 'waiting_for_resource',
    manual: 'waiting_for_resource',
    scheduled: 'waiting_for_resource',
  },
  schedule: { created: 'scheduled' },
  unschedule: { scheduled: 'manual' },
  actionize: { created: 'manual' },
  run: { pending: 'running' },
  success: {
    created: 'success',
    waiting_for_resource: 'success',
    preparing: 'success',
    waiting_for_callback: 'success',
    pending: 'success',
    running: 'success',
    canceling: 'canceled',
  },
  drop: {
    created: 'failed',
    waiting_for_resource: 'failed',
    preparing: 'failed',
    waiting_for_callback: 'failed',
    pending: 'failed',
    running: 'failed',
    manual: 'failed',
    scheduled: 'failed',
    canceling: 'canceled',
  },
  skip: { created: 'skipped', waiting_for_resource: 'skipped', preparing: 'skipped', pending: 'skipped' },
  process: { skipped: 'created', manual: 'created' },
  cancel: {
    created: 'canceled',
    waiting_for_resource: 'canceled',
    preparing: 'canceled',
    waiting_for_callback: 'canceled',
    pending: 'canceled',
    running: 'canceled',
    scheduled: 'canceled',
    manual: 'canceled',
  },
  forceCancel: { canceling: 'canceled' },
};

it.each(jobEvents)('lets %s happen as the contract says, and to nothing else', (event) => {
  const found = Object.fromEntries(jobStatuses.map((status) => [status, nextStatus(event, status)]).filter(([, to]) => to !== null));
  expect(found).toEqual(expected[event]);
});

it('cancels gracefully only what runs', () => {
  const found = jobStatuses.map((status) => nextStatus('cancel', status, true)).filter((to) => to === 'canceling');
  expect(found).toHaveLength(1);
  expect(nextStatus('cancel', 'running', true)).toBe('canceling');
  expect(nextStatus('cancel', 'pending', true)).toBe('canceled');
});

it('knows what can be done with a job', () => {
  const job = (status: JobStatus, more = {}) => ({ status, when: 'on_success', retried: false, erasedAt: null, ...more });
  const able = (what: keyof typeof jobCan, more = {}) => jobStatuses.filter((status) => jobCan[what](job(status, more)));
  expect(able('retry')).toEqual(['success', 'failed', 'canceling', 'canceled']);
  expect(able('retry', { retried: true })).toEqual([]);
  expect(able('play')).toEqual(['manual', 'scheduled']);
  expect(able('play', { when: 'manual' })).toEqual(['success', 'failed', 'canceled', 'manual', 'scheduled']);
  expect(able('erase')).toEqual(['success', 'failed', 'canceled']);
  expect(able('erase', { erasedAt: 1 })).toEqual([]);
});

it('lets the token of a job live from the moment in which a runner has it', () => {
  const alive = (tokenDigest: string | null) => jobStatuses.filter((status) => holdsToken({ status, tokenDigest }));
  expect(alive('digest')).toEqual(['pending', 'running', 'canceling']);
  expect(alive(null)).toEqual([]);
});

it('takes unknown reasons of a failure for an unknown failure', () => {
  expect(toFailureReason('script_failure')).toBe('script_failure');
  expect(toFailureReason('because')).toBe('unknown_failure');
  expect(toFailureReason(undefined)).toBe('unknown_failure');
});
