import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPeerRunner, type PeerRunner } from '../../test/harness/peer-runner.ts';
import { ProtocolPeer, type PeerJob } from '../../test/harness/protocol-peer.ts';
import { until } from '../../test/harness/until.ts';

let place: PeerRunner;

beforeEach(async () => {
  place = await startPeerRunner();
});
afterEach(() => place[Symbol.asyncDispose]());

/** A script that says its process id and then would run for ever, deaf to being asked to end. */
const endless = ['trap "" TERM', 'echo "pid $$"', 'sleep 600 & sleep 600'];

/** The same, with something to say all the time. */
const talking = [...endless.slice(0, 2), 'while true; do echo still here; sleep 0.05; done'];

async function started(job: PeerJob): Promise<number> {
  return until(() => Number(/pid (\d+)/.exec(job.log.toString())?.[1] ?? 0), 'the script to say its pid');
}

async function gone(pid: number): Promise<void> {
  await until(() => {
    try {
      process.kill(-pid, 0);
      return false;
    } catch {
      return true;
    }
  }, 'the whole process group to end');
}

describe('a job that the server does not want any more', () => {
  it.each([
    ['a log call with 403', { status: 403, headers: { 'Job-Status': 'canceled' } }],
    ['Job-Status canceled on a good answer', { status: 202, headers: { 'Job-Status': 'canceled' } }],
    ['Job-Status failed on a good answer', { status: 202, headers: { 'Job-Status': 'failed' } }],
  ])('is killed at once by %s, without after_script', async (_what, reply) => {
    const job = place.peer.give({
      script: talking,
      after: ['echo tidy'],
      more: { artifacts: [{ name: null, paths: ['README.md'], when: 'always', artifact_type: 'archive', artifact_format: 'zip' }] },
    });
    const pid = await started(job);
    place.peer.intercept = (call) => (call.path.startsWith(`/jobs/${job.payload.id}`) ? reply : null);
    await gone(pid);
    await until(() => place.runner.running === 0, 'the job to be over');
    expect(job.log.toString()).not.toContain('tidy');
    expect(job.uploads).toEqual([]);
  });

  it('never begins when the first update says so', async () => {
    for (const reply of [{ status: 403 }, { status: 404 }, { status: 200, headers: { 'Job-Status': 'canceled' } }]) {
      place.peer.intercept = (call) => (call.method === 'PUT' ? reply : null);
      const job = place.peer.give({ script: ['echo never'] });
      const path = `/jobs/${job.payload.id}`;
      await until(() => place.peer.callsLike(new RegExp(`^PUT ${path}$`)).length === 1, 'the first update');
      await until(() => place.lines.includes(`job ${job.payload.id} has ended`), 'the job to be dropped');
      expect(place.peer.callsLike(new RegExp(`^\\w+ ${path}`))).toHaveLength(1);
    }
  });

  it('runs although the first update gets no good answer', async () => {
    let first = true;
    place.peer.intercept = (call) => {
      if (call.method !== 'PUT' || !first) return null;
      first = false;
      return { status: 500 };
    };
    expect((await place.run({ script: ['true'] })).end.state).toBe('success');
  });
});

describe('a job that is canceled gracefully', () => {
  it('stops its script, runs after_script, uploads what is always wanted, and fails as canceled', async () => {
    const artifact = { name: null, paths: ['README.md'], artifact_type: 'archive' as const, artifact_format: 'zip' as const };
    const job = place.peer.give({
      script: [...endless, 'echo never'],
      after: ['echo "after: $CI_JOB_STATUS"'],
      more: {
        artifacts: [
          { ...artifact, when: 'on_success' },
          { ...artifact, when: 'on_failure' },
          { ...artifact, when: 'always' },
        ],
        features: { failure_reasons: ['job_canceled'] },
      },
    });
    const pid = await started(job);
    job.status = 'canceling';
    const end = await place.ended(job);
    await gone(pid);
    expect(end).toMatchObject({ state: 'failed', failure_reason: 'job_canceled' });
    expect(job.log.toString()).toContain('after: canceled\n');
    expect(job.log.toString()).not.toContain('$ echo never');
    expect(job.uploads).toHaveLength(1);
  });

  it('tells a server that does not know the reason an older one', async () => {
    const job = place.peer.give({ script: endless, more: { features: { failure_reasons: ['script_failure'] } } });
    await started(job);
    job.status = 'canceling';
    expect(await place.ended(job)).toMatchObject({ state: 'failed', failure_reason: 'unknown_failure' });
  });

  it('is killed after all when it is then canceled by force', async () => {
    const job = place.peer.give({ script: endless, after: ['trap "" TERM', 'echo "pid2 $$"', 'sleep 600'] });
    await started(job);
    job.status = 'canceling';
    const pid = await until(() => Number(/pid2 (\d+)/.exec(job.log.toString())?.[1] ?? 0), 'after_script to begin');
    job.status = 'canceled';
    await gone(pid);
  });
});

describe('a job that takes too long', () => {
  it('fails with job_execution_timeout, and its programs are gone', async () => {
    const job = place.peer.give({ script: endless, after: ['echo tidy'], more: { runner_info: { timeout: 1 } } });
    const pid = await started(job);
    expect(await place.ended(job)).toMatchObject({ state: 'failed', failure_reason: 'job_execution_timeout' });
    await gone(pid);
    expect(job.log.toString()).toContain('the job took longer than its 1 seconds');
    expect(job.log.toString()).not.toContain('tidy');
  });

  it('has no limit of zero seconds', async () => {
    expect((await place.run({ script: ['sleep 0.1'], more: { runner_info: { timeout: 0 } } })).end.state).toBe('success');
  });
});

describe('after_script', () => {
  it('is ended at its limit, and the job keeps its result', async () => {
    await using quick = await startPeerRunner({ afterScriptLimit: 200 });
    const { end, log } = await quick.run({ script: ['true'], after: ['sleep 600'] });
    expect(end.state).toBe('success');
    expect(log).toContain('it took longer than 0.2 seconds');
  });
});

describe('stopping the runner', () => {
  it('waits for running jobs', async () => {
    const job = place.peer.give({ script: ['echo "pid $$"; sleep 0.5; echo done'] });
    await started(job);
    await place.runner.stop(10_000);
    expect(place.peer.end(job)).toMatchObject({ state: 'success' });
    expect(job.log.toString()).toContain('done\n');
  });

  it('ends them when its patience is over, and says why', async () => {
    const known = place.peer.give({ script: endless, more: { features: { failure_reasons: ['runner_interrupted'] } } });
    const pid = await started(known);
    await place.runner.stop(0);
    await gone(pid);
    expect(place.peer.end(known)).toMatchObject({ state: 'failed', failure_reason: 'runner_interrupted' });
  });

  it('does not wait for a server that is gone', async () => {
    const job = place.peer.give({ script: endless });
    const pid = await started(job);
    await place.peer.close();
    const began = performance.now();
    await place.runner.stop(0, 100);
    expect(performance.now() - began).toBeLessThan(5000);
    await gone(pid);
  });

  it('is also done by its signal', async () => {
    await using peer = await ProtocolPeer.start();
    const stop = new AbortController();
    await using other = await startPeerRunner({ url: peer.url, signal: stop.signal });
    await until(() => peer.calls.length > 0, 'the first request');
    stop.abort();
    await other.runner.stop();
    const asked = peer.calls.length;
    peer.give({ script: ['true'] });
    await until(() => other.runner.running === 0);
    expect(peer.calls).toHaveLength(asked);
  });
});
