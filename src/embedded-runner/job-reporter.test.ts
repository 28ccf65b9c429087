import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPeerRunner, type PeerRunner } from '../../test/harness/peer-runner.ts';
import type { PeerCall, PeerReply } from '../../test/harness/protocol-peer.ts';
import { until } from '../../test/harness/until.ts';

let place: PeerRunner;

beforeEach(async () => {
  place = await startPeerRunner();
});
afterEach(() => place[Symbol.asyncDispose]());

/** Answers the first calls that fit with `replies`, one after another, then nothing. */
function first(fits: (call: PeerCall) => boolean, ...replies: PeerReply[]): void {
  place.peer.intercept = (call) => (fits(call) ? (replies.shift() ?? null) : null);
}

const isPatch = (call: PeerCall): boolean => call.method === 'PATCH';
const isFinal = (call: PeerCall): boolean => call.method === 'PUT' && /"state":"(success|failed)"/.test(call.body.toString());

const counting = { script: ['for i in $(seq 40); do echo "count $i"; sleep 0.02; done'] };

function countsIn(log: string): number[] {
  return [...log.matchAll(/^count (\d+)$/gm)].map((match) => Number(match[1]));
}

const allCounts = Array.from({ length: 40 }, (_, at) => at + 1);

describe('the log', () => {
  it('arrives while the job runs, each byte once', async () => {
    const { log, job } = await place.run(counting);
    expect(countsIn(log)).toEqual(allCounts);
    const patches = place.peer.callsLike(new RegExp(`^PATCH /jobs/${job.payload.id}/`));
    expect(patches.length).toBeGreaterThan(3);
    let offset = 0;
    for (const { headers, body } of patches) {
      expect(headers['content-range']).toBe(`${offset}-${offset + body.length - 1}`);
      offset += body.length;
    }
  });

  it('goes on where the server says that its own ends', async () => {
    const job = place.peer.give(counting);
    await until(() => job.log.length > 400);
    // The server has lost a part, as after a crash before its last flush.
    job.log = job.log.subarray(0, 120);
    await place.ended(job);
    expect(countsIn(job.log.toString())).toEqual(allCounts);
    await until(() => job.log.toString().includes('Job succeeded'));
  });

  it('is sent again from the start when the answer names no size', async () => {
    const job = place.peer.give(counting);
    await until(() => job.log.length > 400);
    job.log = Buffer.alloc(0);
    first(isPatch, { status: 416 });
    await place.ended(job);
    expect(countsIn(job.log.toString())).toEqual(allCounts);
  });

  it('is not sent without pause to a server that refuses it for ever', async () => {
    place.peer.intercept = (call) => (isPatch(call) ? { status: 416, headers: { Range: '0-0' } } : null);
    const job = place.peer.give({ script: ['sleep 0.5'] });
    await until(() => place.peer.callsLike(/^PATCH/).length >= 3);
    expect(place.peer.end(job)).toBeNull();
    const calls = place.peer.callsLike(/^PATCH/);
    expect((calls.at(-1)?.at ?? 0) - (calls.at(-2)?.at ?? 0)).toBeGreaterThan(15);
    place.peer.intercept = () => null;
    await place.ended(job);
    expect(job.log.toString()).toContain('Job succeeded');
  });

  it('survives a server that is away in the middle of the job', async () => {
    const mark = join(place.buildsDir, 'mark');
    const job = place.peer.give({ script: [`for i in $(seq 40); do echo "count $i"; sleep 0.02; test $i != 30 || touch ${mark}; done`] });
    await until(() => job.log.length > 200);
    await place.peer.close();
    await until(() => existsSync(mark), 'the job to go on without a server');
    await place.peer.listen();
    expect((await place.ended(job)).state).toBe('success');
    expect(countsIn(job.log.toString())).toEqual(allCounts);
  });

  it('survives a server that is away at the end of the job', async () => {
    const job = place.peer.give({ script: ['echo begun; sleep 0.3; echo finished'] });
    await until(() => job.log.toString().includes('begun\n'));
    await place.peer.close();
    const isOver = () => readdirSync(place.buildsDir, { recursive: true }).every((name) => !String(name).endsWith('.tmp'));
    await until(isOver, 'the job to clean up');
    expect(place.runner.running).toBe(1);
    await place.peer.listen();
    expect((await place.ended(job)).state).toBe('success');
    expect(job.log.toString()).toContain('finished\n');
  });

  it('goes in pieces of a mebibyte, and ends at its limit with a notice', async () => {
    // The first look at the log comes after the end of the job: what was written meanwhile waits as a whole.
    await using patient = await startPeerRunner({ traceInterval: 60_000 });
    const { job, log } = await patient.run({ script: ['head -c 6000000 /dev/zero | tr "\\0" x', 'echo never'] });
    const patches = patient.peer.callsLike(/^PATCH/).map((call) => call.body.length);
    expect(Math.max(...patches)).toBe(1024 * 1024);
    expect(job.log.length).toBeGreaterThan(4 * 1024 * 1024);
    expect(job.log.length).toBeLessThan(4 * 1024 * 1024 + 300);
    expect(log.slice(-300)).toContain('limit of 4194304 bytes');
    expect(log).not.toContain('never');
  });

  it('is valid UTF-8 whatever the programs write', async () => {
    const { job } = await place.run({ script: [String.raw`printf 'a\377b\303'`, 'printf "€%.0s" $(seq 2000)'] });
    expect(new TextDecoder('utf-8', { fatal: true }).decode(job.log)).toContain('a�b');
  });

  it('is sent at the pace that the server asks for', async () => {
    first((call) => call.method === 'PUT', { status: 200, headers: { 'X-GitLab-Trace-Update-Interval': '1' } });
    const job = place.peer.give({ script: ['for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do echo "line $i"; sleep 0.1; done'] });
    await place.ended(job);
    // Once a second while it ran; the rest comes at the end.
    const times = place.peer.callsLike(/^PATCH/).map((call) => call.at);
    const gaps = times.slice(1, -1).map((at, index) => at - (times[index] ?? 0));
    expect(Math.min(...gaps, 1000)).toBeGreaterThan(900);
  });

  it('is dropped at the end by a server that says 404, but not before', async () => {
    first(isPatch, { status: 404 });
    const { job } = await place.run(counting);
    expect(countsIn(job.log.toString())).toEqual(allCounts);
  });
});

describe('a job without output', () => {
  it('gives signs of life', async () => {
    const { job } = await place.run({ script: ['sleep 0.7'] });
    const alive = job.updates.filter((update) => update.state === 'running');
    expect(alive.length).toBeGreaterThan(2);
    expect(alive.at(-1)?.output?.bytesize).toBeGreaterThan(0);
  });
});

describe('the end of a job', () => {
  it('is told again as long as the server is storing the log', async () => {
    first(isFinal, { status: 202 }, { status: 202 });
    const job = place.peer.give({ script: ['true'] });
    await place.ended(job);
    expect(place.peer.calls.filter(isFinal)).toHaveLength(3);
  });

  it('waits as long as a 202 asks', async () => {
    first(isFinal, { status: 202, headers: { 'X-GitLab-Trace-Update-Interval': '1' } });
    await place.run({ script: ['true'] });
    const [one, two] = place.peer.calls.filter(isFinal);
    expect((two?.at ?? 0) - (one?.at ?? 0)).toBeGreaterThan(950);
  });

  it.each([[500], [502], [429], [409]])('is told again after %i', async (status) => {
    first(isFinal, { status }, { status });
    const { end } = await place.run({ script: ['exit 5'] });
    expect(end).toMatchObject({ state: 'failed', exit_code: 5 });
    expect(place.peer.calls.filter(isFinal)).toHaveLength(3);
  });

  it('comes with the whole log once more when a part of it is missing', async () => {
    const job = place.peer.give(counting);
    place.peer.intercept = (call) => {
      if (!isFinal(call) || place.peer.calls.filter(isFinal).length > 1) return null;
      job.log = Buffer.alloc(0);
      return { status: 412 };
    };
    await place.ended(job);
    expect(countsIn(job.log.toString())).toEqual(allCounts);
    expect(place.peer.end(job)?.output?.bytesize).toBe(job.log.length);
  });

  it('is given up when the server does not know the job, or does not understand it', async () => {
    await using place = await startPeerRunner({ retryDelay: 1 });
    place.peer.intercept = (call) => (isFinal(call) ? { status: 403 } : null);
    const refused = place.peer.give({ script: ['true'] });
    await until(() => place.lines.includes(`job ${refused.payload.id} has ended`));
    expect(place.peer.calls.filter(isFinal)).toHaveLength(1);
    place.peer.intercept = (call) => (isFinal(call) ? { status: 400 } : null);
    const odd = place.peer.give({ script: ['true'] });
    await until(() => place.lines.includes(`job ${odd.payload.id} has ended`), 'the job to be given up');
    expect(place.peer.calls.filter(isFinal)).toHaveLength(11);
  });
});
