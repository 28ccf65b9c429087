import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runnerToken, startPeerRunner, type PeerRunner } from '../../test/harness/peer-runner.ts';
import { until } from '../../test/harness/until.ts';
import type { JobRequest } from '../runner-api/wire.ts';
import { registerRunner, RunnerApiError, unregisterRunner } from './register.ts';
import { startRunner } from './runner.ts';

let place: PeerRunner;

beforeEach(async () => {
  place = await startPeerRunner({ concurrent: 2 });
});
afterEach(() => place[Symbol.asyncDispose]());

function requests(): JobRequest[] {
  return place.peer.callsLike(/^POST \/jobs\/request$/).map((call) => JSON.parse(call.body.toString()) as JobRequest);
}

describe('asking for jobs', () => {
  it('says who asks, what it can do, and which news it has', async () => {
    await until(() => requests().length > 2);
    const [first, second] = requests();
    expect(first).toMatchObject({
      token: runnerToken,
      system_id: 's_000000000001',
      info: { name: 'baton-runner', executor: 'shell', shell: 'bash', features: { refspecs: true, cancel_gracefully: true } },
    });
    expect(first?.info?.features).not.toHaveProperty('cache');
    expect(first).not.toHaveProperty('last_update');
    expect(second?.last_update).toBe('queue-value');
    expect(place.peer.calls[0]?.headers['runner-token']).toBe(runnerToken);
  });

  it('runs as many jobs at a time as it may, each in a checkout of its own', async () => {
    const wait = {
      script: ['echo "at $CI_PROJECT_DIR $CI_CONCURRENT_ID $CI_CONCURRENT_PROJECT_ID"; while [ ! -e "$GO" ]; do sleep 0.02; done'],
    };
    const go = join(place.buildsDir, 'go');
    const more = { variables: [{ key: 'GO', value: go }] };
    const jobs = [place.peer.give({ ...wait, more }), place.peer.give({ ...wait, more }), place.peer.give({ script: ['true'] })];
    await until(() => jobs.slice(0, 2).every((job) => job.log.includes('at /')), 'two jobs to run');
    expect(place.runner.running).toBe(2);
    expect(jobs[2]?.updates).toEqual([]);
    const [one, two] = jobs.slice(0, 2).map((job) => /at (\S+) (\d) (\d)/.exec(job.log.toString())?.slice(1));
    expect(one?.[0]).not.toBe(two?.[0]);
    expect([one?.slice(1), two?.slice(1)]).toEqual([
      ['0', '0'],
      ['1', '1'],
    ]);
    writeFileSync(go, '');
    for (const job of jobs) expect((await place.ended(job)).state).toBe('success');
  });

  it('forgets an answer that is no job, and goes on', async () => {
    let bad = true;
    place.peer.intercept = (call) => {
      if (call.path !== '/jobs/request' || !bad) return null;
      bad = false;
      return { status: 201, body: '{"id":"12"}' };
    };
    expect((await place.run({ script: ['true'] })).end.state).toBe('success');
    expect(place.lines).toContain('a job was lost: id of the payload must be an integer');
  });

  it.each([500, 409, 404])('goes on after %i', async (status) => {
    let times = 0;
    place.peer.intercept = (call) => (call.path === '/jobs/request' && ++times < 3 ? { status } : null);
    expect((await place.run({ script: ['true'] })).end.state).toBe('success');
  });

  it('waits as long as a 429 asks', async () => {
    let refused = false;
    await until(() => requests().length > 0);
    place.peer.intercept = (call) => {
      if (call.path !== '/jobs/request' || refused) return null;
      refused = true;
      return { status: 429, headers: { 'Retry-After': '1' } };
    };
    await until(() => refused);
    const { length } = requests();
    await until(() => requests().length > length);
    const [one, two] = place.peer.callsLike(/^POST \/jobs\/request$/).slice(-2);
    expect((two?.at ?? 0) - (one?.at ?? 0)).toBeGreaterThan(900);
  });

  it('does not hurry when its token is refused', async () => {
    place.peer.intercept = () => ({ status: 403 });
    await until(() => place.lines.some((line) => line.includes('does not know this runner')));
    expect(place.lines.filter((line) => line.includes('does not know this runner'))).toHaveLength(1);
  });

  it('goes on when the server comes back', async () => {
    await until(() => requests().length > 0);
    await place.peer.close();
    await until(() => place.lines.some((line) => line.startsWith('no answer')));
    await place.peer.listen();
    expect((await place.run({ script: ['true'] })).end.state).toBe('success');
  });

  it('gives up a held request when it stops', async () => {
    let held = false;
    place.peer.intercept = (call) => {
      if (call.path !== '/jobs/request') return null;
      held = true;
      return 'gone';
    };
    await until(() => held);
    const began = performance.now();
    await place.runner.stop();
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('keeps the name of its machine', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-system-'));
    const seen = new Set<string>();
    for (let start = 0; start < 2; start += 1) {
      const { length } = requests();
      const runner = startRunner({ url: place.peer.url, token: 'other', buildsDir: folder, concurrent: 1 });
      const own = await until(() =>
        requests()
          .slice(length)
          .find((request) => request.token === 'other'),
      );
      seen.add(own.system_id ?? '');
      await runner.stop();
    }
    expect([...seen]).toEqual([readFileSync(join(folder, 'system-id'), 'utf8').trim()]);
    expect([...seen][0]).toMatch(/^r_[0-9a-zA-Z]{12}$/);
    rmSync(folder, { recursive: true });
  });

  it('does not begin with an address that is none', () => {
    expect(() => startRunner({ url: 'ftp://x', token: 't', buildsDir: 'x', concurrent: 1 })).toThrow('no http or https address');
  });
});

describe('registering', () => {
  function answer(status: number, body: unknown): void {
    place.peer.intercept = (call) => (call.path.startsWith('/runners') ? { status, body: JSON.stringify(body) } : null);
  }

  it('makes a runner with a registration token', async () => {
    answer(201, { id: 5, token: 'made', token_expires_at: null });
    const made = await registerRunner(`${place.peer.url}/ci/`, { token: 'GR1348941x', description: 'd', tags: ['a', 'b'], locked: true });
    expect(made).toEqual({ id: 5, token: 'made', tokenExpiresAt: null });
    const [call] = place.peer.callsLike(/^POST \/runners$/);
    expect(JSON.parse(call?.body.toString() ?? '')).toMatchObject({
      token: 'GR1348941x',
      description: 'd',
      tag_list: 'a,b',
      run_untagged: false,
      locked: true,
      info: { name: 'baton-runner' },
    });
  });

  it('only verifies a runner that is there', async () => {
    answer(200, { id: 6, token: 'glrt-x', token_expires_at: null });
    expect(await registerRunner(place.peer.url, { token: 'glrt-x', systemId: 's_000000000002' })).toMatchObject({ id: 6, token: 'glrt-x' });
    const [call] = place.peer.callsLike(/^POST \/runners\/verify$/);
    expect(JSON.parse(call?.body.toString() ?? '')).toMatchObject({ token: 'glrt-x', system_id: 's_000000000002' });
  });

  it('says what the server says when it refuses', async () => {
    answer(403, { message: '403 Forbidden - invalid token supplied' });
    await expect(registerRunner(place.peer.url, { token: 'x' })).rejects.toThrow(
      new RunnerApiError('the server refused (403): 403 Forbidden - invalid token supplied', 403),
    );
  });

  it('takes a runner away, but of a shared one only this machine', async () => {
    place.peer.intercept = (call) => (call.method === 'DELETE' ? { status: 204 } : null);
    await unregisterRunner(place.peer.url, 'old-token', 's_000000000002');
    await unregisterRunner(place.peer.url, 'glrt-x', 's_000000000002');
    const bodies = place.peer.callsLike(/^DELETE/).map((call) => [call.path, JSON.parse(call.body.toString()) as unknown]);
    expect(bodies).toEqual([
      ['/runners', { token: 'old-token' }],
      ['/runners/managers', { token: 'glrt-x', system_id: 's_000000000002' }],
    ]);
  });
});
